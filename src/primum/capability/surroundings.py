"""The extra's libraries made to behave: no bars, no log lines, no network where none is needed."""

from __future__ import annotations

import contextlib
import logging
import random
import warnings
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import Any, TypeVar

import numpy as np

from primum.core.errors import UserError

MISSING_EXTRA = (
    "Capability runs need lm-evaluation-harness, which is not installed. Install it with “pip "
    "install primum[capability]”."
)
_LOGGERS = ("lm_eval", "datasets", "transformers", "huggingface_hub", "evaluate", "accelerate")

Thing = TypeVar("Thing")


def harness_version() -> str:
    """The version of lm-evaluation-harness.

    Raises:
        UserError: it is not installed.
    """
    try:
        return version("lm-eval")
    except PackageNotFoundError:
        raise UserError(MISSING_EXTRA) from None


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Keep the libraries' log lines, warnings and bars off the terminal."""
    levels = {name: logging.getLogger(name).level for name in _LOGGERS}
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with contextlib.ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        stack.enter_context(_without_bars())
        try:
            yield
        finally:
            for name, level in levels.items():
                logging.getLogger(name).setLevel(level)


@contextlib.contextmanager
def offline(*, is_needed: bool = True) -> Iterator[None]:
    """Keep the Hugging Face libraries from the network, whatever the environment says.

    They read their variables when they are imported, so the values they made of them are changed
    for the time of the block.
    """
    if not is_needed:
        yield
        return
    import datasets.config
    import huggingface_hub.constants

    places: list[tuple[ModuleType, str]] = [
        (datasets.config, "HF_HUB_OFFLINE"),
        (datasets.config, "HF_DATASETS_OFFLINE"),
        (huggingface_hub.constants, "HF_HUB_OFFLINE"),
    ]
    with contextlib.ExitStack() as stack:
        for module, name in places:
            stack.enter_context(_replaced(module, name, value=True))
        yield


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed the global generators that task files may draw from; their state is put back."""
    before, numpy_before = random.getstate(), np.random.get_state()  # noqa: NPY002 - theirs
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(before)
        np.random.set_state(numpy_before)  # noqa: NPY002


@contextlib.contextmanager
def _without_bars() -> Iterator[None]:
    import datasets
    import lm_eval.api.task

    is_shown = not datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()
    try:
        with _replaced(lm_eval.api.task, "tqdm", value=_as_it_is):
            yield
    finally:
        if is_shown:
            datasets.enable_progress_bars()


@contextlib.contextmanager
def _replaced(module: ModuleType, name: str, *, value: object) -> Iterator[None]:
    before = getattr(module, name, None)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)


def _as_it_is(things: Iterable[Thing], *_: Any, **__: Any) -> Iterable[Thing]:
    """In the place of a progress bar."""
    return things
