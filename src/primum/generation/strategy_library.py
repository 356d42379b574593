"""Strategy libraries by name or by path, and a library written down as a file.

library = load_library("published-seven")
chosen = choose_strategies("all")
chosen = choose_strategies(("our-library.toml",))
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from primum.core.errors import DataError, UnknownNameError, UserError, shorten
from primum.generation.strategy import Strategy, StrategyLibrary
from primum.generation.toml_text import toml_text

DEFAULT_LIBRARY = "published-seven"
_SUFFIX = ".toml"


def list_libraries() -> tuple[str, ...]:
    """Names of the libraries that ship."""
    folder = resources.files("primum.generation").joinpath("data/strategies")
    names = (each.name for each in folder.iterdir() if each.name.endswith(_SUFFIX))
    return tuple(sorted(name.removesuffix(_SUFFIX) for name in names))


def load_library(name: str | Path = DEFAULT_LIBRARY) -> StrategyLibrary:
    """The library of that name, or in that TOML file.

    Raises:
        UnknownNameError: no library ships under that name.
        DataError: the file does not hold a library.
    """
    if str(name).endswith(_SUFFIX):
        return _read(Path(name).expanduser())
    if str(name) not in list_libraries():
        hint = "A file of your own ends in .toml."
        raise UnknownNameError("strategy library", str(name), list_libraries(), hint=hint)
    file = resources.files("primum.generation").joinpath(f"data/strategies/{name}{_SUFFIX}")
    return StrategyLibrary.model_validate(tomllib.loads(file.read_text("utf-8")))


def choose_strategies(chosen: str | Sequence[str] = "all") -> tuple[Strategy, ...]:
    """The strategies meant: ``all`` of the shipped library, ids of it, libraries, or files.

    Raises:
        UnknownNameError: a name is neither an id nor a library.
        UserError: nothing is left, or two different strategies have one id.
    """
    names = (chosen,) if isinstance(chosen, str) else tuple(chosen)
    found: dict[str, Strategy] = {}
    for name in names:
        for strategy in _meant(name):
            if found.setdefault(strategy.id, strategy).fingerprint != strategy.fingerprint:
                raise UserError(
                    f"Two strategies have the id “{strategy.id}”. Rename one of them in its file."
                )
    if not found:
        raise UserError(
            f"No strategy was chosen by {', '.join(shorten(name) for name in names) or 'nothing'}. "
            "Name “all”, ids, or a library file that holds at least one [[strategy]]."
        )
    return tuple(found.values())


def write_library(library: StrategyLibrary, path: Path) -> None:
    """Write the library as a TOML file that ``load_library`` reads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table = library.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    path.write_text(toml_text({"id": library.id, "version": library.version, **table}), "utf-8")


def _meant(name: str) -> tuple[Strategy, ...]:
    if name == "all":
        return load_library().strategies
    if name.endswith(_SUFFIX) or name in list_libraries():
        return load_library(name).strategies
    known = {each.id: each for library in list_libraries() for each in _shipped(library)}
    if name not in known:
        raise UnknownNameError("strategy", name, ("all", *list_libraries(), *known))
    return (known[name],)


def _shipped(library: str) -> tuple[Strategy, ...]:
    return load_library(library).strategies


def _read(path: Path) -> StrategyLibrary:
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        raise DataError(path, "there is no such strategy library.") from None
    except (OSError, UnicodeDecodeError) as error:
        problem = f"the strategy library cannot be read ({shorten(str(error))})."
        raise DataError(path, problem) from None
    except tomllib.TOMLDecodeError as error:
        raise DataError(path, f"not valid TOML: {shorten(str(error), 120)}.") from None
    try:
        return StrategyLibrary.model_validate(table)
    except ValidationError as error:
        raise DataError(path, _fault(error)) from None


def _fault(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False)[0]
    key = ".".join(shorten(str(part)) for part in first["loc"])
    if first["type"] == "missing":
        return f"the key “{key}” is missing; every library and strategy needs it."
    if first["type"] == "extra_forbidden":
        return f"the key “{key}” is not known here. Remove it or correct its spelling."
    found = shorten(repr(first["input"]))
    reason = first["msg"].removeprefix("Value error, ")
    return f"the key “{key}” holds {found}: {shorten(reason, 160)}."
