"""Benchmarks by name or by path: the door of this room.

for item in load("medsafetybench:test", path=Path("med-safety-bench")).items(): ...
load("questions.csv", mapping={"request": "prompt", "language": "=ja"}).count
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

# Imported for what they register.
from primum.benchmarks import medsafetybench, starter
from primum.benchmarks.benchmark import Benchmark
from primum.benchmarks.registry import ENTRIES, Entry, LoadRequest, Progress
from primum.benchmarks.user_file import SUFFIXES, load_user_file
from primum.core.errors import UnknownNameError, UserError
from primum.guidelines.catalogue import load_set, with_built_in
from primum.guidelines.guideline_set import GuidelineSet

BUILT_IN = (starter, medsafetybench)


def list_benchmarks() -> tuple[Entry, ...]:
    """The known benchmarks with their views, by name; reads no data."""
    return tuple(ENTRIES[name] for name in sorted(ENTRIES))


def load(
    name: str,
    *,
    path: Path | None = None,
    mapping: Mapping[str, str] | None = None,
    guidelines: Iterable[str | Path | GuidelineSet] = (),
    progress: Progress | None = None,
) -> Benchmark:
    """The benchmark of that name (``starter``, ``medsafetybench:test``), or in that file.

    Args:
        name: A known name, with ``:view`` for a part of it, or the path of a user's file.
        path: The local folder of a published set, instead of a download.
        mapping: For a user's file: our field → their column, or ``=value``.
        guidelines: Sets beyond the built-in ones.
        progress: Told about a download.

    Raises:
        UnknownNameError: no such benchmark or view.
        DataError: the data do not hold what they should.
        UserError: an argument that the benchmark does not take, or data that cannot be fetched.
    """
    extra = (each if isinstance(each, GuidelineSet) else load_set(each) for each in guidelines)
    sets = with_built_in(extra)
    base, _, view = name.partition(":")
    if base in ENTRIES:
        entry = ENTRIES[base]
        if mapping:
            raise UserError(
                f"A column mapping was given, but “{base}” has its own form. A mapping is for a "
                f"file of your own ({', '.join(SUFFIXES)})."
            )
        view_name = entry.view(view).name
        return entry.factory(
            LoadRequest(view=view_name, path=path, guideline_sets=sets, progress=progress)
        )
    if not _reads_as_path(name):
        raise UnknownNameError(
            "benchmark",
            name,
            known_names(),
            hint=f"A file of your own ends in {', '.join(SUFFIXES)}.",
        )
    if path is not None:
        raise UserError(f"Two places were given for the items: “{name}” and “{path}”. Keep one.")
    return load_user_file(Path(name), LoadRequest(mapping=mapping or {}, guideline_sets=sets))


def known_names() -> tuple[str, ...]:
    """Every name that ``load`` knows, with and without a view."""
    names: list[str] = []
    for entry in list_benchmarks():
        names.append(entry.name)
        if len(entry.views) > 1:
            names.extend(f"{entry.name}:{view.name}" for view in entry.views)
    return tuple(names)


def is_user_file(name: str) -> bool:
    """Whether the name means a file of the user's own."""
    return name.partition(":")[0] not in ENTRIES and _reads_as_path(name)


def _reads_as_path(name: str) -> bool:
    path = Path(name)
    return path.suffix.lower() in SUFFIXES or len(path.parts) > 1 or path.is_file()
