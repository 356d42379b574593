"""The one writer: a thread that commits rows in batches.

Rows wait at most ``FLUSH_SECONDS`` before they are committed, so a killed process loses no more
than the calls that were in flight and the last few milliseconds. A failure to write (disk full) is
kept and raised from the next ``put`` or ``flush``: nothing is dropped in silence.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Dialect, Engine, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from primum.core.errors import WorkspaceError

FLUSH_SECONDS = 0.05
BATCH_ROWS = 512
GROUP_ROWS = 32
QUEUE_ROWS = 8192
"""Above this the producers are asked to wait, so that memory stays bounded."""

Row = tuple[Any, ...]
"""One value for each column of the table, in its order."""


class Insert:
    """An insert into one table, compiled once: a row costs little more than the driver takes.

    Rows go in groups of ``GROUP_ROWS`` to a statement. SQLite's driver lets go of the interpreter
    at every statement; row by row, the writer and the event loop would take it from each other
    thousands of times a second.

    Args:
        table: where the rows go.
        dialect: of the database.
        gives_way: for a row whose key is there already: the condition, without parameters, under
            which it is replaced; None keeps the row that is there.
        prepare: done to each row by the writer's thread.
    """

    def __init__(
        self,
        table: Table,
        dialect: Dialect,
        *,
        gives_way: ColumnElement[bool] | None = None,
        prepare: Callable[[Row], Row] | None = None,
    ) -> None:
        self.prepare = prepare
        self._table = table
        self._dialect = dialect
        self._gives_way = gives_way
        self._names = [column.name for column in table.columns]
        self._one = self._compiled(1)
        self._group = self._compiled(GROUP_ROWS)

    def execute(self, connection: Connection, rows: list[Row]) -> None:
        """Insert the rows."""
        if self.prepare is not None:
            rows = [self.prepare(row) for row in rows]
        if not self._dialect.positional:
            named = [dict(zip(self._names, row, strict=True)) for row in rows]
            connection.execute(self._statement(0), named)
            return
        whole = len(rows) - len(rows) % GROUP_ROWS
        for start in range(0, whole, GROUP_ROWS):
            group = tuple(chain.from_iterable(rows[start : start + GROUP_ROWS]))
            connection.exec_driver_sql(self._group, group)
        if whole < len(rows):
            connection.exec_driver_sql(self._one, rows[whole:])

    def _compiled(self, rows: int) -> str:
        return str(self._statement(rows).compile(dialect=self._dialect))

    def _statement(self, rows: int) -> Any:
        insert = postgresql.insert if self._dialect.name == "postgresql" else sqlite.insert
        statement = insert(self._table)
        if rows:
            statement = statement.values([dict.fromkeys(self._names)] * rows)
        if self._gives_way is None:
            return statement.on_conflict_do_nothing()
        keys = [column.name for column in self._table.primary_key]
        return statement.on_conflict_do_update(
            index_elements=keys,
            set_={name: statement.excluded[name] for name in self._names if name not in keys},
            where=self._gives_way,
        )


class Waiting(NamedTuple):
    """A row on its way."""

    insert: Insert
    row: Row


class Writer:
    """Takes rows from any thread, commits them from one."""

    def __init__(
        self,
        engine: Engine,
        describe: Callable[[Exception], WorkspaceError],
        committed: Callable[[list[Waiting]], None],
    ) -> None:
        self._engine = engine
        self._describe = describe
        self._committed = committed
        self._rows: deque[Waiting] = deque()
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
        self._rows.append(Waiting(insert, row))
        if not self._wake.is_set():
            self._wake.set()

    def raise_failure(self) -> None:
        """Raise if the writer has stopped.

        Raises:
            WorkspaceError: an earlier row could not be written.
        """
        if self._failure is not None:
            # A fresh one each time: many workers may raise it at once.
            raise WorkspaceError(str(self._failure))

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

    def _take(self) -> list[Waiting]:
        return [self._rows.popleft() for _ in range(min(BATCH_ROWS, len(self._rows)))]

    def _commit(self, connection: Connection, batch: list[Waiting]) -> None:
        by_insert: dict[Insert, list[Row]] = {}
        for insert, row in batch:
            by_insert.setdefault(insert, []).append(row)
        try:
            with connection.begin():
                for insert, rows in by_insert.items():
                    insert.execute(connection, rows)
        except (SQLAlchemyError, OSError) as error:
            self._failure = self._describe(error)
        else:
            self._committed(batch)
        with self._idle:
            self._unwritten -= len(batch)
            self._idle.notify_all()
