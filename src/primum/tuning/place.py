"""Where a tuning computes: device, processes, precision."""

from __future__ import annotations

from importlib.util import find_spec
from typing import NamedTuple

from primum.core.errors import UserError, shorten
from primum.tuning.settings import TuningSettings


class Place(NamedTuple):
    """Where a tuning computes."""

    device: str
    """``cpu`` or ``cuda``."""
    processes: int
    precision: str
    """``float32``, ``bfloat16`` or ``float16``."""


def require_device(device: str | None) -> None:
    """Return if the device is there; torch is loaded only to look for a GPU.

    Raises:
        UserError: a device that is not there or not known.
    """
    wanted = device or "cpu"
    if wanted.partition(":")[0] not in ("cpu", "cuda"):
        raise UserError(f"The device “{shorten(wanted)}” is not known. cpu or cuda was expected.")
    if wanted.startswith("cuda:"):
        raise UserError(
            f"“{shorten(wanted)}” was given as device: say cuda, and choose the GPU with the "
            "environment variable CUDA_VISIBLE_DEVICES."
        )
    if wanted == "cuda" and find_spec("torch") is not None and not _has_gpu():
        raise UserError(
            "A GPU was asked for (cuda), and torch finds none on this machine. Leave --device out "
            "to tune on the CPU, or install a torch that fits the GPU's driver."
        )


def place_of(device: str | None, settings: TuningSettings, processes: int) -> Place:
    """Where to compute.

    Raises:
        UserError: a device that is not there or not known.
    """
    require_device(device)
    import torch

    if (device or ("cuda" if _has_gpu() else "cpu")) == "cpu":
        return Place("cpu", processes, "float32")
    precision = settings.precision
    if precision == "auto":
        precision = "bfloat16" if torch.cuda.is_bf16_supported() else "float16"
    return Place("cuda", processes, precision)


def _has_gpu() -> bool:
    import torch

    return bool(torch.cuda.is_available())
