"""MedSafetyBench (arXiv:2403.03744) in its published layout, from a folder or downloaded.

Split, source and category stand in the paths only: ``datasets/test/gpt4/…_category_4.csv`` holds
requests that GPT-4 wrote against AMA principle 4. The views follow from them; ``test-minus-twins``
leaves out the test items that have a near twin in the training split.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from primum.benchmarks.benchmark import Benchmark, LoadTally
from primum.benchmarks.download import FetchError, fetch
from primum.benchmarks.published_file import Publication, PublishedFile, read_publication
from primum.benchmarks.registry import LoadRequest, Progress, View, benchmark
from primum.benchmarks.text_file import CsvRow, read_csv, read_lines
from primum.benchmarks.twins import near_twins
from primum.core.digest import digest, fold
from primum.core.errors import DataError, UserError, shorten
from primum.core.item import Item
from primum.models.cache import cache_folder

FOLDER_VARIABLE = "PRIMUM_MEDSAFETYBENCH"
"""The environment variable that names a local folder with the published layout."""
TWIN_THRESHOLD = 0.7
END_MARK = "<|eot_id|>"
LONGEST_REQUEST_WORDS = 60
"""A longer line of the llama3 set is a loop of the model that wrote it."""

_TABLE = Path(__file__).parent / "data" / "medsafetybench" / "checksums.toml"
_HEADER = ["", "harmful_medical_request", "safe_response"]
_VIEWS = (
    View("test", "Test split, both sources (MedSafety-Eval)", 900),
    View("train", "Training split, both sources (MedSafety-Improve)", 900),
    View("test-gpt4", "Test split, requests by GPT-4; the half that MedRiskEval uses", 450),
    View("test-llama2", "Test split, requests by Llama 2", 450),
    View("test-minus-twins", "Test split without near twins of training items", 813),
    View("llama3", "Additional requests by Llama 3, cleaned; no reference responses", 73_212),
)


@cache
def publication() -> Publication:
    """The published files with their checksums and counts."""
    return read_publication(_TABLE)


@benchmark("medsafetybench", title="MedSafetyBench: the AMA's nine principles", views=_VIEWS)
def load_medsafetybench(request: LoadRequest) -> Benchmark:
    """One view of MedSafetyBench."""
    files = _files_of(request.view)
    folder = _local_folder(request.path)
    if folder is None:
        folder = download(files, progress=request.progress)
    else:
        _require(files, folder)
    is_published = all(file.matches(folder / file.path) for file in files)
    published = publication()
    data = PublishedData(folder, files)
    return Benchmark(
        name=f"medsafetybench:{request.view}",
        titles={
            "en": f"MedSafetyBench, {request.view}",
            "ja": f"MedSafetyBench({request.view})",
        },
        version=published.version + ("" if is_published else "+modified"),
        licence=published.licence,
        guideline_sets=request.sets_named("ama-2001"),
        opener=data.without_twins if request.view == "test-minus-twins" else data.items,
        citation=published.citation,
        homepage=published.homepage,
        terms="Contains harmful requests. The authors ask that it be used for research only.",
        scales=("harmfulness",),
    )


def download(
    files: Sequence[PublishedFile], *, progress: Progress | None = None, base_url: str = ""
) -> Path:
    """The cache folder that holds the files at the pinned commit, fetched where they were missing.

    Raises:
        UserError: they cannot be fetched or kept; the message says how to bring them by hand.
    """
    published = publication()
    folder = cache_folder() / "medsafetybench" / published.commit
    try:
        fetch(
            files,
            base_url=base_url or published.base_url,
            folder=folder,
            progress=progress,
        )
    except FetchError as error:
        raise UserError(
            f"MedSafetyBench could not be downloaded: {error}. Where there is a network, run "
            f"`git clone {published.homepage}`, check out {published.version}, copy it here, and "
            f"name the folder with --data or in the environment variable {FOLDER_VARIABLE}."
        ) from None
    return folder


@dataclass(frozen=True, slots=True)
class PublishedData:
    """Published files in a folder, as items."""

    folder: Path
    files: tuple[PublishedFile, ...]

    def items(self, tally: LoadTally) -> Iterator[Item]:
        """The items of all files, in the order of source and category."""
        seen: set[bytes] = set()
        for file in self.files:
            if file.source == "llama3":
                yield from self._generated(file, seen, tally)
            else:
                yield from self._demonstrations(file, tally)

    def without_twins(self, tally: LoadTally) -> Iterator[Item]:
        """The test items that have no near twin among the training items."""
        items = list(self.items(LoadTally()))
        test = [item for item in items if item.split == "test"]
        train = [item for item in items if item.split == "train"]
        twins = {pair.a.id for pair in near_twins(test, train, TWIN_THRESHOLD)}
        tally.read += len(test)
        tally.dropped["near_twin"] += len(twins)
        yield from (item for item in test if item.id not in twins)

    def _demonstrations(self, file: PublishedFile, tally: LoadTally) -> Iterator[Item]:
        """The rows of a CSV file: index, request, safe response."""
        path = self.folder / file.path
        records = read_csv(path)
        header = next(records, CsvRow(1, []))
        if header.cells != _HEADER:
            raise DataError(
                path,
                f"the header is “{shorten(','.join(header.cells), 120)}”; "
                f"“{','.join(_HEADER)}” was expected.",
                line=header.line,
            )
        count = 0
        for count, record in enumerate(records, start=1):
            _check_record(path, record, index=count - 1)
            tally.read += 1
            yield _item(file, record.cells[1], index=count - 1, reference=record.cells[2])
        _check_count(path, count, file.rows)

    def _generated(self, file: PublishedFile, seen: set[bytes], tally: LoadTally) -> Iterator[Item]:
        """The lines of a text file, cleaned; ``seen`` holds digests of the texts, not the texts."""
        path = self.folder / file.path
        _check_count(path, _line_count(path), file.rows)
        for number, line in read_lines(path):
            tally.read += 1
            if END_MARK in line:
                tally.changed["end_mark"] += 1
            text = line.replace(END_MARK, "").strip()
            key = digest(fold(text))
            if not text:
                tally.dropped["empty"] += 1
            elif len(text.split()) > LONGEST_REQUEST_WORDS:
                tally.dropped["loop"] += 1
            elif key in seen:
                tally.dropped["duplicate"] += 1
            else:
                seen.add(key)
                yield _item(file, text, index=number - 1)


def _item(file: PublishedFile, text: str, *, index: int, reference: str = "") -> Item:
    return Item(
        turns=(text,),
        language="en",
        perspective="clinician",
        intent="harmful",
        guidelines=(f"ama-2001/{file.category}",),
        source=file.source,
        name=f"{file.split}-{file.source}-{file.category}-{index}",
        split=file.split,
        reference=reference,
        licence=publication().licence,
        provenance=f"{file.path}:{index}",
    )


def _check_record(path: Path, record: CsvRow, *, index: int) -> None:
    cells = record.cells
    if len(cells) != len(_HEADER):
        raise DataError(
            path, f"{len(cells)} cells found, {len(_HEADER)} expected.", line=record.line
        )
    if cells[0] != str(index):
        raise DataError(
            path,
            f"the index column holds “{shorten(cells[0])}”, {index} was expected; a row is "
            "missing, doubled or moved.",
            line=record.line,
        )
    for name, cell in zip(_HEADER[1:], cells[1:], strict=True):
        if not cell.strip():
            raise DataError(path, f"the cell “{name}” is empty.", line=record.line)


def _check_count(path: Path, found: int, expected: int) -> None:
    if found != expected:
        raise DataError(
            path,
            f"{found} requests found, {expected} expected, as published at commit "
            f"{publication().version}. The file is cut short or not of this version.",
        )


def _line_count(path: Path) -> int:
    try:
        with path.open("rb") as file:
            return sum(1 for _ in file)
    except OSError as error:
        raise DataError(path, f"the file cannot be read: {error.strerror}.") from None


def _files_of(view: str) -> tuple[PublishedFile, ...]:
    """The files that the view is made from."""
    wanted = {
        "test": [("test", "gpt4"), ("test", "llama2")],
        "train": [("train", "gpt4"), ("train", "llama2")],
        "test-gpt4": [("test", "gpt4")],
        "test-llama2": [("test", "llama2")],
        "test-minus-twins": [
            (split, source) for split in ("test", "train") for source in ("gpt4", "llama2")
        ],
        "llama3": [("extra", "llama3")],
    }[view]
    files = publication().file
    return tuple(file for part in wanted for file in files if (file.split, file.source) == part)


def _local_folder(path: Path | None) -> Path | None:
    """The folder that holds ``datasets``, where the user named one; None for a download.

    Raises:
        DataError: the named folder does not have the published layout.
    """
    origin = f" (named by {FOLDER_VARIABLE})" if path is None else ""
    if path is None:
        named = os.environ.get(FOLDER_VARIABLE, "")
        if not named:
            return None
        path = Path(named)
    if (path / "datasets").is_dir():
        return path
    if path.name == "datasets" and path.is_dir():
        return path.parent
    found = "is not a folder" if not path.is_dir() else "holds no folder “datasets”"
    raise DataError(
        path,
        f"the path{origin} {found}; a copy of {publication().repository} in its published layout "
        "was expected (datasets/test/gpt4/…).",
    )


def _require(files: Sequence[PublishedFile], folder: Path) -> None:
    missing = [file for file in files if not (folder / file.path).is_file()]
    if missing:
        raise DataError(
            folder,
            f"{len(missing)} of {len(files)} files are missing, the first is “{missing[0].path}”. "
            f"Copy the whole folder “datasets” of {publication().repository}.",
        )
