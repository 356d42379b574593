"""The one writer: a thread that commits rows in batches.

Rows wait at most ``FLUSH_SECONDS`` before they are committed, so a killed process loses no more
than the calls that were in flight and the last few milliseconds. A failure to write (disk full) is
kept and raised from the next ``put`` or ``flush``: nothing is dropped in silence.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from primum.core.errors import WorkspaceError

FLUSH_SECONDS = 0.05
BATCH_ROWS = 512
QUEUE_ROWS = 8192
"""Above this the producers are asked to wait, so that memory stays bounded."""

Row = Mapping[str, Any]
Insert = Any
"""A SQLAlchemy insert statement, prepared once per table."""


class Writer:
    """Takes rows from any thread, commits them from one."""

    def __init__(
        self,
        engine: Engine,
        describe: Callable[[Exception], WorkspaceError],
        committed: Callable[[list[tuple[Insert, Row]]], None],
    ) -> None:
        self._engine = engine
        self._describe = describe
        self._committed = committed
        self._rows: deque[tuple[Insert, Row]] = deque()
        self._wake = threading.Event()
        self._idle = threading.Condition()
        self._unwritten = 0
        self._failure: WorkspaceError | None = None
        self._closing = False
        self._urgent = False
        self._thread = threading.Thread(target=self._loop, name="ledger-writer", daemon=True)
        self._thread.start()

    @property
    def backlog(self) -> int:
        """Rows that wait to be committed."""
        return self._unwritten

    def put(self, insert: Insert, row: Row) -> None:
        """Queue one row.

        Raises:
            WorkspaceError: an earlier row could not be written.
        """
        self.raise_failure()
        with self._idle:
            self._unwritten += 1
        self._rows.append((insert, row))
        if not self._wake.is_set():
            self._wake.set()

    def raise_failure(self) -> None:
        """Raise if the writer has stopped.

        Raises:
            WorkspaceError: an earlier row could not be written.
        """
        if self._failure is not None:
            raise self._failure

    def flush(self) -> None:
        """Return when every row put so far is committed.

        Raises:
            WorkspaceError: a row could not be written.
        """
        self._urgent = True
        self._wake.set()
        with self._idle:
            while self._unwritten and self._failure is None:
                self._idle.wait(0.5)
        self._urgent = False
        self.raise_failure()

    def close(self) -> None:
        """Commit what is left and end the thread; a failure stays for ``raise_failure``."""
        self._closing = True
        self._urgent = True
        self._wake.set()
        self._thread.join()

    def _loop(self) -> None:
        with self._engine.connect() as connection:
            while True:
                self._wake.wait()
                self._wake.clear()
                if not self._urgent and len(self._rows) < BATCH_ROWS:
                    time.sleep(FLUSH_SECONDS)
                while self._rows and self._failure is None:
                    self._commit(connection, self._take())
                if self._closing or self._failure is not None:
                    return

    def _take(self) -> list[tuple[Insert, Row]]:
        return [self._rows.popleft() for _ in range(min(BATCH_ROWS, len(self._rows)))]

    def _commit(self, connection: Connection, batch: list[tuple[Insert, Row]]) -> None:
        by_insert: dict[int, tuple[Insert, list[Row]]] = {}
        for insert, row in batch:
            by_insert.setdefault(id(insert), (insert, []))[1].append(row)
        try:
            with connection.begin():
                for insert, rows in by_insert.values():
                    connection.execute(insert, rows)
        except (SQLAlchemyError, OSError) as error:
            self._failure = self._describe(error)
        else:
            self._committed(batch)
        with self._idle:
            self._unwritten -= len(batch)
            self._idle.notify_all()
