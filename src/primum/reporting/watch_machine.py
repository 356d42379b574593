"""A watch for other programs.

JSON, one object, written as ``machine`` has it: ``schema`` (``primum-watch-1``) and the fields of
``core.watch.WatchSummary``; a series and an alarm name each other by ``id``; ``has_alarm`` is what
the exit code says.
"""

from __future__ import annotations

from primum.core.watch import WatchSummary
from primum.reporting.machine import json_bytes, plain

WATCH_SCHEMA = "primum-watch-1"


def watch_to_json(watch: WatchSummary) -> bytes:
    """The watch as JSON, equal for equal watches."""
    whole = plain(watch)
    del whole["last_runs"]  # each run's own report has them
    whole["schema"] = WATCH_SCHEMA
    whole["has_alarm"] = bool(watch.standing_alarms)
    whole["series"] = [{"id": one.id, **plain(one)} for one in watch.series]
    return json_bytes(whole)
