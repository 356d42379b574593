"""Run an evaluation, kill it with SIGKILL on the way, continue it, and account for every call.

    python -m benchmarks.kill_and_resume --kills 3 -- evaluate medsafetybench --data FOLDER

At each kill the committed calls are noted. At the end each of them must stand in the ledger as it
stood then, with the same time: none lost, none made again.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

Calls = dict[bytes, int]
"""Key of each committed call, and when it was made."""


def committed(ledger: Path) -> Calls:
    """The calls that are on disk now."""
    if not ledger.exists():
        return {}
    with contextlib.closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as database:
        try:
            return dict(database.execute("SELECT key, made_at_ms FROM calls"))
        except sqlite3.OperationalError:
            return {}


def run_until(command: list[str], ledger: Path, calls: int) -> Calls:
    """Start the command, kill it once the ledger holds so many calls."""
    with subprocess.Popen(command, start_new_session=True) as process:
        while len(committed(ledger)) < calls:
            if process.poll() is not None:
                raise SystemExit("The evaluation ended before it could be killed.")
            time.sleep(0.5)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    return committed(ledger)


def main() -> None:
    """Kill, continue, account."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--calls", type=int, default=900, help="calls of the whole run")
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("arguments", nargs="+")
    options = parser.parse_args()
    command = [sys.executable, "-m", "primum", *options.arguments]
    command += ["--workspace", str(options.workspace)]
    ledger = options.workspace / "ledger.sqlite"
    started = time.monotonic()
    noted: list[Calls] = []
    for number in range(1, options.kills + 1):
        noted.append(run_until(command, ledger, options.calls * number // (options.kills + 1)))
        print(f"SIGKILL {number} at {len(noted[-1])} committed calls", flush=True)
    subprocess.run(command, check=True)
    final = committed(ledger)
    lost = sum(key not in final for calls in noted for key in calls)
    again = sum(final.get(key) != made for calls in noted for key, made in calls.items())
    seconds = time.monotonic() - started
    print(
        f"{len(final)} calls in the ledger after {options.kills} kills and {seconds / 60:.1f} "
        f"minutes; of those committed before a kill {lost} were lost and {again} made again."
    )


if __name__ == "__main__":
    main()
