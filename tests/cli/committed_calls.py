"""What a workspace holds on disk while another process writes to it."""

from __future__ import annotations

import sqlite3
from pathlib import Path


def committed(folder: Path) -> dict[bytes, int]:
    """The calls on disk and when they were made."""
    ledger = folder / "primum-workspace" / "ledger.sqlite"
    if not ledger.exists():
        return {}
    database = sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)
    try:
        return dict(database.execute("SELECT key, made_at_ms FROM calls"))
    except sqlite3.OperationalError:
        return {}
    finally:
        database.close()
