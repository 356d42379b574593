"""A llama.cpp server on a loopback port, in a process of its own.

A process of its own, because in this one its start would hold the interpreter while gigabytes load,
its end would wait for every answer in flight, and a fault in native code would take the run along.
It ends when its parent ends, however that happens: it waits for the end of its standard input.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from primum.core.errors import EndpointError, UserError, shorten

STOP_SECONDS = 5
SAMPLE_SECONDS = 0.25
"""How long the machine is watched before threads are counted."""
MISSING_RUNTIME = (
    "The package xllamacpp, which runs models on this machine, is not installed or has no build "
    "for this platform. Install it with “pip install xllamacpp”, or name a model behind an "
    "endpoint, for example ollama/MODEL."
)


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """What one server serves and with how much of the machine."""

    path: str
    alias: str
    """The model's name as the server tells it."""
    slots: int = 8
    """Conversations that are answered at once."""
    context_tokens: int = 2048
    """Of each slot."""
    threads: int = 1
    host: str = "127.0.0.1"
    port: int = 0
    """0: any free one."""


class LlamaServer:
    """One running server; ``start`` it off the event loop, ``stop`` it from anywhere."""

    def __init__(self, settings: ServerSettings) -> None:
        self.settings = settings
        self.address = ""
        """``http://127.0.0.1:PORT`` once it is ready."""
        # What llama.cpp prints is kept for the error message and never reaches the terminal.
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__, json.dumps(asdict(settings))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            # A user's own setting rules.
            env={**_waiting(settings.threads), **os.environ},
        )

    @property
    def is_running(self) -> bool:
        """Whether the process lives."""
        return self._process.poll() is None

    def wait_ready(self) -> str:
        """The address, as soon as the model is loaded.

        Raises:
            EndpointError: the model cannot be loaded; llama.cpp's own reason is given.
            UserError: the runtime is not installed.
        """
        line = self._process.stdout.readline() if self._process.stdout else b""
        report: dict[str, str] = json.loads(line) if line.strip() else {}
        if "address" in report:
            self.address = report["address"]
            return self.address
        printed = self._printed()
        self.stop()
        if report.get("error") == "missing":
            raise UserError(MISSING_RUNTIME)
        raise self._failure(printed)

    def wait(self) -> int:
        """The exit status, when the process has ended."""
        return self._process.wait()

    def stop(self) -> None:
        """End the process; answers in flight are dropped."""
        if not self.address:
            # It loads still, and would not look at its input before it has done so.
            self._process.kill()
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._log.close()

    def _printed(self) -> list[str]:
        """What llama.cpp printed before it gave up."""
        with suppress(OSError, ValueError, subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
            self._log.seek(0)
            return self._log.read()[-20_000:].decode(errors="replace").splitlines()
        return []

    def _failure(self, printed: list[str]) -> EndpointError:
        settings = self.settings
        if any("couldn't bind" in line for line in printed):
            return EndpointError(
                f"Port {settings.port} of {settings.host} is taken. Name another port."
            )
        _, found, reason = "\n".join(printed).partition("error loading model: ")
        why = reason.splitlines()[0] if found else f"exit status {self._process.returncode}"
        return EndpointError(
            f"llama.cpp could not load {settings.path}: {shorten(why, 200)}. The file may be "
            "damaged or of a newer form than xllamacpp knows, or memory may not suffice for "
            f"{settings.slots} slots of {settings.context_tokens} tokens."
        )


def thread_count() -> int:
    """The processor cores that this process may use and that are free now, at least one.

    llama.cpp's threads wait for each other after every layer: a thread more than there are free
    cores costs far more than it brings (docs/decisions/0006-weights.md).
    """
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    return max(1, cores - round(_busy_cores()))


def _busy_cores() -> float:
    """How many cores are at work now; the load of the last minute where that cannot be told."""
    first = _processor_ticks()
    if first is None:
        return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    time.sleep(SAMPLE_SECONDS)
    second = _processor_ticks() or first
    total, idle = second[0] - first[0], second[1] - first[1]
    return (total - idle) / total * (os.cpu_count() or 1) if total else 0.0


def _processor_ticks() -> tuple[int, int] | None:
    """All ticks of all cores since the start of the machine, and the idle ones among them."""
    with suppress(OSError, ValueError), Path("/proc/stat").open() as stat:
        ticks = [int(field) for field in stat.readline().split()[1:9]]
        return sum(ticks), ticks[3] + ticks[4]
    return None


def _waiting(threads: int) -> dict[str, str]:
    """How threads wait for each other: several, on cores that were free, spin for a while."""
    return {"GOMP_SPINCOUNT": "200000"} if threads > 1 else {"OMP_WAIT_POLICY": "PASSIVE"}


def _parameters(settings: ServerSettings) -> Any:
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = settings.path
    parameters.model_alias = {settings.alias}
    parameters.n_parallel = settings.slots
    parameters.n_ctx = settings.slots * settings.context_tokens
    parameters.cont_batching = True
    parameters.cpuparams.n_threads = settings.threads
    parameters.cpuparams_batch.n_threads = settings.threads
    # Wait for work asleep: spinning takes the cores from whoever has the work.
    parameters.cpuparams.poll = 0
    parameters.cpuparams_batch.poll = 0
    parameters.hostnames = [settings.host]
    parameters.port = settings.port
    parameters.warmup = False
    parameters.verbosity = 1
    # Slots keep their own prefix; the second cache would grow by gigabytes over a run.
    parameters.cache_ram_mib = 0
    parameters.cache_idle_slots = False
    # Other users of this machine reach the port too: they get no page and no prompts.
    parameters.ui = False
    parameters.endpoint_slots = False
    return parameters


def _main() -> int:
    # Ctrl-C reaches the whole process group; it is the parent that decides when to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    report = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    settings = ServerSettings(**json.loads(sys.argv[1]))
    try:
        import xllamacpp
    except ImportError:
        print(json.dumps({"error": "missing"}), file=report, flush=True)
        return 1
    try:
        server = xllamacpp.Server(_parameters(settings))
    except RuntimeError as error:
        print(json.dumps({"error": str(error)}), file=report, flush=True)
        return 1
    print(json.dumps({"address": server.listening_address}), file=report, flush=True)
    sys.stdin.buffer.read()
    # The ordinary way out would first finish every answer in flight.
    os._exit(0)


if __name__ == "__main__":
    sys.exit(_main())
