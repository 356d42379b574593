"""Guideline sets by name or by path: the door of this room.

>>> load_set("ama-2001").guideline("ama-2001/4").title("en")
'Rights, confidences and privacy'
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from pathlib import Path

from primum.core.errors import UnknownNameError, UserError
from primum.guidelines.file import read_set
from primum.guidelines.guideline_set import Guideline, GuidelineSet

_DATA = Path(__file__).parent / "data"


def list_sets() -> tuple[str, ...]:
    """The names of the built-in sets, sorted."""
    return tuple(sorted(path.stem for path in _DATA.glob("*.toml")))


def load_set(name_or_path: str | Path) -> GuidelineSet:
    """The built-in set of that name, or the user's set in that file.

    Raises:
        UnknownNameError: neither a built-in set nor a file.
        DataError: the file does not hold a guideline set.
    """
    name = str(name_or_path)
    if name in list_sets():
        return _built_in(name)
    path = Path(name_or_path)
    if _reads_as_path(path):
        return read_set(path)
    raise UnknownNameError(
        "guideline set", name, list_sets(), hint="A set of your own is named by its .toml file."
    )


def load_sets(names_or_paths: Iterable[str | Path] = ()) -> tuple[GuidelineSet, ...]:
    """All built-in sets, followed by the named ones that are not built in.

    Raises:
        UserError: two sets have the same id.
        UnknownNameError: neither a built-in set nor a file.
        DataError: a file does not hold a guideline set.
    """
    return with_built_in(load_set(name) for name in names_or_paths)


def with_built_in(extra_sets: Iterable[GuidelineSet]) -> tuple[GuidelineSet, ...]:
    """All built-in sets, followed by the extra ones.

    Raises:
        UserError: two different sets have the same id.
    """
    sets = {name: _built_in(name) for name in list_sets()}
    for extra in extra_sets:
        present = sets.setdefault(extra.id, extra)
        if present.fingerprint != extra.fingerprint:
            kind = "a built-in set" if extra.id in list_sets() else "another set"
            raise UserError(
                f"The guideline set id “{extra.id}” is already that of {kind} with other content. "
                "Give your set an id of its own."
            )
    return tuple(sets.values())


def guideline(full_id: str, extra_sets: Iterable[GuidelineSet] = ()) -> Guideline:
    """The guideline of that full id, from the built-in sets or the extra ones.

    Raises:
        UnknownNameError: no such guideline; near misses are named.
        UserError: an extra set takes the id of another set.
    """
    sets = with_built_in(extra_sets)
    for guideline_set in sets:
        for candidate in guideline_set.guidelines:
            if candidate.id == full_id:
                return candidate
    raise unknown_guideline(full_id, sets)


def unknown_guideline(full_id: str, sets: Iterable[GuidelineSet]) -> UnknownNameError:
    """The error for an id that none of the sets holds: names near ids, and the sets looked in."""
    listed = tuple(sets)
    known = [known_id for guideline_set in listed for known_id in guideline_set.ids]
    names = ", ".join(guideline_set.id for guideline_set in listed)
    return UnknownNameError("guideline", full_id, known, hint=f"Sets looked in: {names}.")


def _reads_as_path(path: Path) -> bool:
    return path.suffix == ".toml" or len(path.parts) > 1 or path.exists()


@functools.cache
def _built_in(name: str) -> GuidelineSet:
    return read_set(_DATA / f"{name}.toml")
