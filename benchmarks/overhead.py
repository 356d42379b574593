"""Harness overhead beside the floor and the openai SDK, in one run; see README.md here."""

from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def endpoint() -> Iterator[str]:
    """The mock endpoint's port, while it runs."""
    command = [sys.executable, "-m", "benchmarks.mock_endpoint"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


def measure(client: str, port: str, conversations: int) -> dict[str, float]:
    """One client in a fresh process."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{client}", port, str(conversations), folder],
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise SystemExit(done.stderr)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, nargs="+", default=[1000, 5000])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    clients = ["floor", "harness"]
    if importlib.util.find_spec("openai"):
        clients.append("sdk")
    else:
        print("The openai SDK is not installed (extra “benchmark”): it is left out.\n")
    print("| conversations | client | CPU ms per call (median) | × floor | peak MiB |")
    print("|---|---|---|---|---|")
    with endpoint() as port:
        for conversations in options.conversations:
            # Clients take turns, so that noise meets all alike.
            results: dict[str, list[dict[str, float]]] = {client: [] for client in clients}
            for _ in range(options.rounds):
                for client in clients:
                    results[client].append(measure(client, port, conversations))
            floor = statistics.median(r["cpu_ms_per_call"] for r in results["floor"])
            for client in clients:
                cpu = statistics.median(r["cpu_ms_per_call"] for r in results[client])
                peak = max(r["peak_mib"] for r in results[client])
                name = "primum" if client == "harness" else client
                print(
                    f"| {conversations:,} | {name} | {cpu:.3f} | {cpu / floor:.2f} | {peak:.0f} |"
                )


if __name__ == "__main__":
    main()
