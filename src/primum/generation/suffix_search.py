"""A suffix for a goal, sought once: its state is a file, from which a stopped search goes on.

A search that has taken all its steps is read from its file; the model is not loaded for it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

from primum.core.digest import digest_of
from primum.core.errors import DataError
from primum.generation.gcg import Gcg, GcgSettings, GcgState, GcgStep
from primum.generation.gcg_prompt import suffix_prompt

if TYPE_CHECKING:
    from primum.models.local_source import Loaded

SAVED_EVERY = 5
"""Steps after which a search is saved; fewer are lost when it is killed."""


@runtime_checkable
class OpenModel(Protocol):
    """A model in this process that can be looked into, such as ``models.local.LocalModel``."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """What decides its answers."""

    def open(self) -> Loaded:
        """The loaded model and its tokenizer."""


class SuffixGoal(NamedTuple):
    """What a suffix is for."""

    goal: str
    """The user's turn, to which the suffix is added."""
    target: str
    """How the answer is to begin."""
    system_prompt: str = ""


class FoundSuffix(NamedTuple):
    """The best suffix so far."""

    text: str
    steps: int
    first_loss: float | None
    """Of the target before the first step, in nats per token."""
    best_loss: float | None
    losses: tuple[float, ...] = ()
    """After each step."""


class RandomSuffix(NamedTuple):
    """What a suffix that was sought is compared with."""

    text: str
    """Empty where no random tokens survive being read behind the goal."""
    loss: float | None
    """Of the target after it, in nats per token."""


@dataclass(slots=True)
class SearchProgress:
    """How far a command's searches are, to be drawn."""

    planned: int = 0
    """Searches in all."""
    number: int = 0
    """Of the search under way, from 1; 0: there is none."""
    steps: int = 0
    """Of each search, at most."""
    latest: GcgStep | None = None
    """The last step of the search under way; None before its first."""

    @property
    def line(self) -> str:
        """The search under way in a few words; empty where there is none."""
        if not self.number:
            return ""
        which, step = f"suffix {self.number:,} of {self.planned:,}", self.latest
        if step is None:
            return which
        return (
            f"{which}: step {step.number:,} of {self.steps:,}, "
            f"loss {step.loss:.2f}, best {step.best_loss:.2f}"
        )


def finished_suffix(
    model: OpenModel, goal: SuffixGoal, settings: GcgSettings, folder: Path
) -> FoundSuffix | None:
    """The suffix of a search that has ended; None where there is none yet. Loads no model.

    Raises:
        DataError: the file of an earlier search does not hold one.
    """
    saved = _read(folder / f"{_search_name(model, goal, settings)}.json")
    if saved is None or not _is_finished(saved.state, settings):
        return None
    return _found(saved.state, saved.text)


def find_suffix(
    model: OpenModel,
    goal: SuffixGoal,
    settings: GcgSettings,
    folder: Path,
    is_stopped: Callable[[], bool],
    *,
    progress: SearchProgress | None = None,
) -> FoundSuffix:
    """The suffix, sought to its last step or until ``is_stopped``; blocks for as long.

    Raises:
        DataError: the file of an earlier search does not hold one.
        UserError: the model's chat template leaves no place for a suffix.
    """
    path = folder / f"{_search_name(model, goal, settings)}.json"
    saved = _read(path)
    if saved is not None and _is_finished(saved.state, settings):
        return _found(saved.state, saved.text)
    loaded = model.open()
    prompt = suffix_prompt(loaded, goal.goal, goal.target, goal.system_prompt)
    search = Gcg(loaded, prompt, settings, saved.state if saved else None)
    try:
        for step in search.run():
            if progress is not None:
                progress.latest = step
            if step.number % SAVED_EVERY == 0:
                _save(path, search.state, search.best)
            if is_stopped():
                break
    finally:
        _save(path, search.state, search.best)
    return _found(search.state, search.best)


def random_suffix(
    model: OpenModel, goal: SuffixGoal, settings: GcgSettings, folder: Path
) -> RandomSuffix:
    """A random suffix of the same length, drawn once by the seed and kept; blocks for as long.

    Raises:
        DataError: the file of an earlier draw does not hold one.
        UserError: the model's chat template leaves no place for a suffix.
    """
    path = folder / f"random-{_search_name(model, goal, settings)}.json"
    try:
        fields = json.loads(path.read_bytes())
        return RandomSuffix(str(fields["suffix"]), fields["loss"])
    except FileNotFoundError:
        pass
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(
            path, "it does not hold a random suffix. Delete it to draw it anew."
        ) from error
    loaded = model.open()
    search = Gcg(
        loaded, suffix_prompt(loaded, goal.goal, goal.target, goal.system_prompt), settings
    )
    # Of the goal as well, so that no two requests get the same one.
    tokens = search.random_suffix(random.Random(f"{settings.seed}:random:{goal.goal}"))  # noqa: S311
    loss = search.losses([tokens])[0] if tokens else None
    drawn = RandomSuffix(search.text_of(tokens) if tokens else "", loss)
    _write(path, {"suffix": drawn.text, "loss": drawn.loss})
    return drawn


class _Saved(NamedTuple):
    state: GcgState
    text: str


def _is_finished(state: GcgState, settings: GcgSettings) -> bool:
    best = state.best_loss
    return state.step >= settings.steps or (best is not None and best < settings.stop_below)


def _search_name(model: OpenModel, goal: SuffixGoal, settings: GcgSettings) -> str:
    """Equal for the same model, goal and settings, but for what moves no result."""
    spec = settings.model_dump(exclude={"batch_size"})
    identity = {key: value for key, value in model.identity.items() if key != "runtime"}
    return f"suffix-{digest_of([identity, *goal, spec]).hex()[:16]}"


def _read(path: Path) -> _Saved | None:
    try:
        fields = json.loads(path.read_bytes())
        return _Saved(GcgState(**fields["state"]), str(fields["suffix"]))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(
            path, "it does not hold the state of a suffix search. Delete it to begin anew."
        ) from error


def _save(path: Path, state: GcgState, text: str) -> None:
    _write(path, {"suffix": text, "state": asdict(state)})


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".tmp")
    fresh.write_text(json.dumps(content), "utf-8")
    fresh.replace(path)


def _found(state: GcgState, text: str) -> FoundSuffix:
    return FoundSuffix(text, state.step, state.first_loss, state.best_loss, tuple(state.losses))
