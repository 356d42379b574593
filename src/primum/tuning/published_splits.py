"""The training splits that MedSafetyBench's authors published for fine-tuning, as demonstrations.

``ft-med-n300``, ``ft-gen-n900``, ``ft-both-n1800``: medical, general, or half of each.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from primum.benchmarks.medsafetybench import download, publication
from primum.benchmarks.published_file import PublishedFile
from primum.core.errors import DataError
from primum.tuning.demonstration import Demonstration
from primum.tuning.own_file import read_demonstrations

_TABLE: Final = Path(__file__).parent / "data" / "published-splits.toml"


@cache
def published_splits() -> dict[str, PublishedFile]:
    """Name of the split → its file."""
    table = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    files = TypeAdapter(tuple[PublishedFile, ...]).validate_python(table["file"])
    return {file.split: file for file in files}


def read_split(
    name: str, source: str, folder: Path | None, *, base_url: str = ""
) -> tuple[Demonstration, ...]:
    """The demonstrations of one split, from the folder if it is there, else downloaded.

    Args:
        name: One of ``published_splits``.
        source: What they are called.
        folder: A local copy of the repository, which may lack the splits; None where there is none.
        base_url: Where to fetch from instead of the published address, for tests.

    Raises:
        DataError: the file does not hold what was published.
        UserError: it cannot be fetched; the message says how to bring it by hand.
    """
    file = published_splits()[name]
    path = folder / file.path if folder is not None else None
    if path is None or not path.is_file():
        path = download([file], base_url=base_url) / file.path
    content = read_demonstrations(
        path, source=source, kind="harmful", licence=publication().licence
    )
    if len(content.demonstrations) != file.rows:
        raise DataError(
            path,
            f"{len(content.demonstrations)} demonstrations found, {file.rows} expected, as "
            f"published at commit {publication().version}. The file is cut short or changed.",
        )
    return content.demonstrations
