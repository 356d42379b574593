"""Which tasks there are: groups by name, our own, those of the harness, files of a user's own."""

from __future__ import annotations

import json
import tempfile
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module, resources
from pathlib import Path
from typing import Any

from primum.capability.surroundings import harness_version, quietly
from primum.core.errors import DataError, UnknownNameError, UserError, shorten

_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class TaskGroup:
    """Tasks under one name."""

    name: str
    title: str
    tasks: tuple[str, ...]
    folders: tuple[str, ...]
    """Where they lie among the harness's task files."""


@dataclass(frozen=True, slots=True)
class TaskFile:
    """One task, not yet loaded."""

    name: str
    file: Path
    config: Mapping[str, Any]
    """What the file says, included files and all; functions by name."""
    overrides: Mapping[str, Any]
    """What a group of the harness changes in it."""


@cache
def groups() -> dict[str, TaskGroup]:
    """Name → group."""
    text = resources.files("primum.capability").joinpath("data/groups.toml").read_text("utf-8")
    return {
        name: TaskGroup(name, table["title"], tuple(table["tasks"]), tuple(table["folders"]))
        for name, table in tomllib.loads(text).items()
    }


def own_folder() -> Path:
    """Where Primum's own task files lie."""
    return Path(str(resources.files("primum.capability").joinpath("data/tasks")))


def own_tasks() -> tuple[str, ...]:
    """Names of the tasks that come with Primum."""
    return tuple(sorted(file.stem for file in own_folder().glob("*.yaml")))


def find_tasks(names: Sequence[str], include: Sequence[str] = ()) -> list[TaskFile]:
    """The tasks of those names, groups opened, each once.

    Raises:
        UnknownNameError: no such task; near misses are named.
        DataError: a task file cannot be read.
        UserError: the harness is not installed.
    """
    harness_version()
    folders = [_folder(each) for each in include]
    found: dict[str, TaskFile] = {}
    with quietly():
        for name in names:
            for task in _found(name, folders):
                found.setdefault(task.name, task)
    return list(found.values())


def _found(name: str, folders: list[Path]) -> list[TaskFile]:
    if name.endswith(_SUFFIXES):
        return _from_file(Path(name).expanduser())
    own = _index((own_folder(), *folders))
    if name in own:
        return _opened(own[name], own)
    if name in groups():
        group = groups()[name]
        inside = _index((*_harness_folders(group.folders), own_folder(), *folders))
        return [task for each in group.tasks for task in _named(each, inside, folders)]
    return _named(name, own, folders)


def _named(name: str, known: Mapping[str, Any], folders: list[Path]) -> list[TaskFile]:
    if name in known:
        return _opened(known[name], known)
    # Most files bear their task's name; only then are all 14,000 read, which takes seconds.
    homes = {file.parent for file in _harness_root().glob(f"**/{_plain(name)}.yaml")}
    near = _index(tuple(sorted(homes))) if homes else {}
    if name in near:
        return _opened(near[name], near)
    everything = _index((_harness_root(), own_folder(), *folders))
    if name not in everything:
        near_names = [*everything, *groups()]
        hint = "“primum capability --list” shows the groups; a task file of your own ends in .yaml."
        raise UnknownNameError("task", name, near_names, hint)
    return _opened(everything[name], everything)


def _plain(name: str) -> str:
    """The name without what a glob would read as a pattern."""
    return "".join(c for c in name if c.isalnum() or c in "_-.") or "_"


def _opened(entry: Any, index: Mapping[str, Any]) -> list[TaskFile]:
    """The tasks behind an entry of the harness's index: itself, or a group's or tag's."""
    kind = entry.kind.name
    if kind == "TASK":
        return [TaskFile(entry.name, entry.yaml_path, entry.cfg or {}, {})]
    if kind == "PY_TASK":
        raise UserError(
            f"The task “{shorten(entry.name)}” is a program of its own, not a task file; Primum "
            "runs tasks that are described by a YAML file."
        )
    if kind == "TAG":
        return [task for name in sorted(entry.tags) for task in _opened(index[name], index)]
    return [task for member in entry.cfg.get("task", ()) for task in _member(member, entry, index)]


def _member(member: Any, group: Any, index: Mapping[str, Any]) -> list[TaskFile]:
    name = member if isinstance(member, str) else member.get("task") or member.get("group")
    overrides = {} if isinstance(member, str) else {k: v for k, v in member.items() if k != "group"}
    if not isinstance(name, str) or name not in index:
        raise UserError(
            f"The group “{shorten(group.name)}” has the member “{shorten(str(name))}”, which is no "
            "task of its own; name the tasks one by one."
        )
    return [
        TaskFile(task.name, task.file, task.config, {**task.overrides, **overrides})
        for task in _opened(index[name], index)
    ]


def _from_file(file: Path) -> list[TaskFile]:
    if not file.is_file():
        raise DataError(file, "there is no such task file.")
    with tempfile.TemporaryDirectory(prefix="primum-task-") as folder:
        # Alone: beside it, or below, there may be another task of its name.
        alone = json.dumps({"include": str(file.resolve())})
        (Path(folder) / "task.yaml").write_text(alone, "utf-8")
        entries = list(_index((Path(folder),)).values())
    for entry in entries:
        if entry.kind.name == "TASK":
            return [TaskFile(entry.name, file, entry.cfg or {}, {})]
        if entry.kind.name != "TAG":
            return _opened(entry, _index((file.parent,)))
    raise DataError(file, f"this is no task file: {_why(file)}.")


def _why(file: Path) -> str:
    yaml: Any = import_module("yaml")
    try:
        content = yaml.load(file.read_text("utf-8"), Loader=_functions_as_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        return f"it is not valid YAML ({shorten(str(error), 120)})"
    if not isinstance(content, dict):
        return "a table of keys was expected"
    if "task" not in content:
        return "the key “task”, its name, is missing"
    return "it cannot be read; check the files that it includes"


def _folder(text: str) -> Path:
    folder = Path(text).expanduser()
    if not folder.is_dir():
        raise UserError(f"--include-path “{shorten(text)}” is no folder; one with task files was "
                        "expected.")  # fmt: skip
    if not any(folder.glob("**/*.yaml")):
        raise UserError(f"The folder “{shorten(text)}” holds no task file (*.yaml).")
    return folder


def _harness_root() -> Path:
    import lm_eval.tasks

    return Path(lm_eval.tasks.__file__).parent


def _harness_folders(names: Iterable[str]) -> list[Path]:
    return [folder for name in names if (folder := _harness_root() / name).is_dir()]


def _index(folders: Sequence[Path]) -> Mapping[str, Any]:
    """Name → entry; where two folders have a task of one name, the later one counts."""
    from lm_eval.tasks import TaskManager

    manager = TaskManager(include_defaults=False, include_path=[str(each) for each in folders])
    index: Mapping[str, Any] = manager.task_index
    return index


def _functions_as_text() -> Any:
    """A reader of YAML that leaves the functions a task file names alone."""
    base: Any = import_module("yaml").SafeLoader
    loader: Any = type("Loader", (base,), {})
    loader.add_constructor("!function", lambda reader, node: reader.construct_scalar(node))
    return loader
