"""The one writer: commits rows in batches, between the event loop's other work.

Rows wait at most ``FLUSH_SECONDS`` before they are committed, so a killed process loses no more
than the calls that were in flight and, of a fast model, those of the last 20 milliseconds. A
failure to write (disk full) is kept and raised from the next ``put`` or ``flush``: nothing is
dropped in silence.

No thread of its own: a batch takes a few milliseconds, and a second thread would take the
interpreter from the event loop thousands of times a second, which costs more than the commits
(docs/decisions/0007-writer.md).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Dialect, Engine, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from primum.core.errors import WorkspaceError

FLUSH_SECONDS = 0.02
BATCH_ROWS = 512
GROUP_ROWS = 32

Row = tuple[Any, ...]
"""One value for each column of the table, in its order."""


class Insert:
    """An insert into one table, compiled once: a row costs little more than the driver takes.

    Rows go in groups of ``GROUP_ROWS`` to a statement, which spares most of the driver's work.

    Args:
        table: where the rows go.
        dialect: of the database.
        gives_way: for a row whose key is there already: the condition, without parameters, under
            which it is replaced; None keeps the row that is there.
    """

    def __init__(
        self,
        table: Table,
        dialect: Dialect,
        *,
        gives_way: ColumnElement[bool] | None = None,
    ) -> None:
        self._table = table
        self._dialect = dialect
        self._gives_way = gives_way
        self._names = [column.name for column in table.columns]
        self._one = self._compiled(1)
        self._group = self._compiled(GROUP_ROWS)

    def execute(self, connection: Connection, rows: list[Row]) -> None:
        """Insert the rows."""
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
    """Takes rows and commits them in batches, on the thread that puts them."""

    def __init__(
        self,
        engine: Engine,
        describe: Callable[[Exception], WorkspaceError],
        committed: Callable[[list[Waiting]], None],
    ) -> None:
        self._connection = engine.connect()
        self._describe = describe
        self._committed = committed
        self._rows: list[Waiting] = []
        self._timer: asyncio.TimerHandle | None = None
        self._committed_at = 0.0
        self._failure: WorkspaceError | None = None

    def put(self, insert: Insert, row: Row) -> None:
        """Queue one row; it is committed with a full batch, or soon.

        Raises:
            WorkspaceError: this or an earlier row could not be written.
        """
        if self._failure is not None:
            self.raise_failure()
        self._rows.append(Waiting(insert, row))
        if len(self._rows) >= BATCH_ROWS:
            self.flush()
        elif self._timer is None:
            self._flush_soon()

    def raise_failure(self) -> None:
        """Raise if the writer has stopped.

        Raises:
            WorkspaceError: a row could not be written.
        """
        if self._failure is not None:
            # A fresh one each time: many workers may raise it at once.
            raise WorkspaceError(str(self._failure))

    def flush(self) -> None:
        """Return when every row put so far is committed.

        Raises:
            WorkspaceError: a row could not be written.
        """
        self._commit()
        self.raise_failure()

    def close(self) -> None:
        """Commit what is left; a failure stays for ``raise_failure``."""
        self._commit()
        self._connection.close()

    def _flush_soon(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # outside an event loop the caller flushes
        # After a quiet moment at once: slow models lose nothing, fast ones commit in batches.
        quiet = time.monotonic() - self._committed_at > FLUSH_SECONDS
        self._timer = loop.call_later(0 if quiet else FLUSH_SECONDS, self._commit)

    def _commit(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._rows or self._failure is not None:
            return
        batch, self._rows = self._rows, []
        by_insert: dict[Insert, list[Row]] = {}
        for insert, row in batch:
            by_insert.setdefault(insert, []).append(row)
        try:
            with self._connection.begin():
                for insert, rows in by_insert.items():
                    insert.execute(self._connection, rows)
        except (SQLAlchemyError, OSError) as error:
            self._failure = self._describe(error)
        else:
            self._committed(batch)
            self._committed_at = time.monotonic()
