"""What a study's figures rest on, so that anyone with the ledger can check them.

    manifest = manifest_of(study, members, parts, ledger, {"study.json": content})
    verify(Path("reports/ours/manifest.json"), ledger)

The manifest holds the resolved study, its members and parts, for each run the digests of what was
asked, answered and judged, and the SHA-256 of each file written. To verify is to compare all of
them with the files and the ledger, and to make every file once more from the ledger.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from primum import __version__
from primum.core.digest import digest_of
from primum.core.errors import DataError, UnknownNameError, shorten
from primum.core.study import StudySummary
from primum.evaluation.protocol import Protocol
from primum.ledger.content import content_of
from primum.ledger.ledger import Ledger
from primum.reporting.study_html import render_study_html
from primum.reporting.study_machine import study_to_csv, study_to_json
from primum.studies.analysis import analyse_study
from primum.studies.design import PartPlan, StudyMember
from primum.studies.study_file import ModelSettings, PartSettings, StudyFile

MANIFEST_SCHEMA: Final = "primum-study-manifest-1"
MANIFEST_FILE = "manifest.json"
FIGURES_FILE = "study.json"
TABLE_FILE = "study.csv"
PAGE_FILE = "study.html"
Analyse = Callable[[StudyFile, Sequence[StudyMember], Sequence[PartPlan], Ledger], StudySummary]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MemberRecord(_Table):
    """A ``StudyMember`` as it is stored."""

    name: str
    settings: ModelSettings
    model: str
    labels: dict[str, str]
    size: float | None
    is_person: bool
    source: str
    runs: dict[str, str]
    is_complete: bool
    reason: str


class PartRecord(_Table):
    """A ``PartPlan`` as it is stored."""

    name: str
    settings: PartSettings
    protocol: Protocol
    titles: dict[str, str]
    benchmark: str
    items: int
    levels: dict[str, tuple[str, ...]]


class RunRecord(_Table):
    """One run: what was asked, answered and judged."""

    member: str
    part: str
    spec: str
    """Digest of the stored spec: protocol, items, target, judges, sampling."""
    turns: int
    answers: str
    verdict_count: int
    verdicts: str


class Manifest(_Table):
    """The whole record of a study's figures."""

    schema_: Literal["primum-study-manifest-1"] = MANIFEST_SCHEMA
    primum: str
    study: StudyFile
    fingerprint: str
    command: str = ""
    """As it was typed; it stands in the figures, and no ledger can tell it."""
    language: str = "en"
    """Of the page."""
    members: tuple[MemberRecord, ...]
    parts: tuple[PartRecord, ...]
    runs: dict[str, RunRecord]
    files: dict[str, str]
    """Name of a file beside the manifest → its SHA-256."""


class Finding(NamedTuple):
    """One thing that was checked."""

    what: str
    is_right: bool
    sentence: str
    """What was found, and what was expected."""


def manifest_of(
    study: StudyFile,
    members: Sequence[StudyMember],
    parts: Sequence[PartPlan],
    ledger: Ledger,
    files: Mapping[str, bytes],
    *,
    command: str = "",
    language: str = "en",
) -> Manifest:
    """The manifest of a study whose runs are in the ledger.

    ``files``: name → content; ``command``: as it was typed, as the summary in the files has it;
    ``language``: of the page.
    """
    runs = {
        run_id: _run_record(ledger, run_id, member.name, part)
        for member in members
        for part, run_id in member.runs.items()
    }
    return Manifest(
        primum=__version__,
        study=study,
        fingerprint=study.fingerprint,
        command=command,
        language=language,
        members=tuple(MemberRecord.model_validate(_plain(member)) for member in members),
        parts=tuple(PartRecord.model_validate(_plain(part)) for part in parts),
        runs=runs,
        files={name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    )


def to_bytes(manifest: Manifest) -> bytes:
    """The manifest as a file's content."""
    content = manifest.model_dump(mode="json", by_alias=True)
    text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False)
    return text.encode() + b"\n"


def read_manifest(path: Path) -> Manifest:
    """The manifest in that file, or in that folder.

    Raises:
        DataError: there is none, or it is not one.
    """
    path = path / MANIFEST_FILE if path.is_dir() else path
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise DataError(
            path, "there is no such manifest. “primum study” writes one beside each report."
        ) from None
    except OSError as error:
        raise DataError(path, f"the manifest cannot be read ({error.strerror}).") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"])) or "the file"
        raise DataError(
            path,
            f"this is not the manifest of a study: {shorten(key)}: {first['msg']}. Name the "
            f"{MANIFEST_FILE} that “primum study” wrote.",
        ) from error


def verify(path: Path, ledger: Ledger, *, analyse: Analyse = analyse_study) -> Iterator[Finding]:
    """Everything that the manifest claims, checked one by one.

    Checksums stand beside the files and could be forged with them, so figures, table and page are
    all made again from the ledger and compared.

    Raises:
        DataError: the manifest cannot be read.
    """
    manifest = read_manifest(path)
    folder = path if path.is_dir() else path.parent
    yield from _files(manifest, folder)
    findings = list(_runs(manifest, ledger))
    yield from findings
    if not all(finding.is_right for finding in findings):
        yield Finding(
            "figures", is_right=False, sentence="not made again, since the runs are not the same"
        )
        return
    members = [_member(record) for record in manifest.members]
    parts = [_part(record) for record in manifest.parts]
    summary = replace(analyse(manifest.study, members, parts, ledger), command=manifest.command)
    yield _figures(manifest, folder, study_to_json(summary))
    made: dict[str, Callable[[], bytes]] = {
        TABLE_FILE: lambda: study_to_csv(summary).encode(),
        PAGE_FILE: lambda: render_study_html(summary, manifest.language).encode(),
    }
    for name, make in made.items():
        if (folder / name).exists() or name in manifest.files:
            yield _made_again(manifest, folder / name, make())


def _run_record(ledger: Ledger, run_id: str, member: str, part: str) -> RunRecord:
    spec = ledger.run(run_id).spec
    votes = {bytes.fromhex(judge["fingerprint"]): judge["votes"] for judge in spec["judges"]}
    content = content_of(ledger, run_id, votes)
    return RunRecord(member=member, part=part, spec=digest_of(spec).hex(), **content._asdict())


def _files(manifest: Manifest, folder: Path) -> Iterator[Finding]:
    for name, expected in manifest.files.items():
        try:
            found = hashlib.sha256((folder / Path(name).name).read_bytes()).hexdigest()
        except OSError as error:
            yield Finding(name, is_right=False, sentence=f"cannot be read ({error.strerror})")
            continue
        is_right = found == expected
        sentence = "as written" if is_right else "changed since it was written"
        yield Finding(name, is_right=is_right, sentence=f"{sentence} (sha256 {found[:12]}…)")


def _runs(manifest: Manifest, ledger: Ledger) -> Iterator[Finding]:
    for run_id, stored in manifest.runs.items():
        what = f"run {run_id}: {stored.member}, {stored.part}"
        try:
            found = _run_record(ledger, run_id, stored.member, stored.part)
        except UnknownNameError:
            yield Finding(what, is_right=False, sentence="is not in this workspace")
            continue
        changed = [
            name
            for name in ("spec", "turns", "answers", "verdict_count", "verdicts")
            if getattr(found, name) != getattr(stored, name)
        ]
        sentence = f"{found.turns:,} answers and {found.verdict_count:,} verdicts as recorded"
        if changed:
            names = ", ".join(name.replace("_", " ") for name in changed)
            sentence = f"the ledger holds something else than the manifest: {names}"
        yield Finding(what, is_right=not changed, sentence=sentence)


def _figures(manifest: Manifest, folder: Path, again: bytes) -> Finding:
    finding = _made_again(manifest, folder / FIGURES_FILE, again, what="figures")
    if finding.is_right:
        return finding
    try:
        written = json.loads((folder / FIGURES_FILE).read_bytes())
        places = list(_differences(written, json.loads(again)))
    except (OSError, ValueError):
        return finding
    if not places:
        return finding
    where = f"made again from the ledger: {len(places):,} differ, first {shorten(places[0])}"
    return finding._replace(sentence=f"{where}{_other_version(manifest)}")


def _made_again(manifest: Manifest, path: Path, again: bytes, *, what: str = "") -> Finding:
    """Whether a file is what the ledger makes."""
    what = what or f"{path.name}, its content"
    try:
        written = path.read_bytes()
    except OSError as error:
        sentence = f"{path.name} cannot be read ({error.strerror})"
        return Finding(what, is_right=False, sentence=sentence)
    if written == again:
        return Finding(what, is_right=True, sentence="made again from the ledger, all equal")
    sentence = f"is not what the ledger makes{_other_version(manifest)}"
    return Finding(what, is_right=False, sentence=sentence)


def _other_version(manifest: Manifest) -> str:
    if manifest.primum == __version__:
        return ""
    return f"; written by Primum {manifest.primum}, read by {__version__}"


def _differences(first: Any, second: Any, place: str = "") -> Iterator[str]:
    """Where two JSON values differ."""
    if isinstance(first, dict) and isinstance(second, dict):
        for key in sorted({*first, *second}):
            yield from _differences(first.get(key), second.get(key), f"{place}.{key}".lstrip("."))
    elif isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        for number, (left, right) in enumerate(zip(first, second, strict=True)):
            yield from _differences(left, right, f"{place}[{number}]")
    elif first != second:
        yield place or "the whole"


def _member(record: MemberRecord) -> StudyMember:
    return StudyMember(**{name: getattr(record, name) for name in MemberRecord.model_fields})


def _part(record: PartRecord) -> PartPlan:
    return PartPlan(**{name: getattr(record, name) for name in PartRecord.model_fields})


def _plain(value: StudyMember | PartPlan) -> dict[str, Any]:
    """The fields, the models among them as they are."""
    return {name: getattr(value, name) for name in (field.name for field in fields(value))}
