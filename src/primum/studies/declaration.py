"""When a contrast was declared: the ledger remembers, so that a late one cannot pass for an early.

A contrast that is written into the file after answers are there may have been chosen by looking at
them. Whether it was cannot be known; that it could have been can, and the report says so.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from primum.core.digest import digest_of
from primum.core.summary import Notice
from primum.ledger.ledger import Ledger
from primum.ledger.note import first_answer_ms, remember_once, remembered
from primum.studies.design import StudyMember
from primum.studies.study_file import ContrastSettings, StudyFile


def declare(study: StudyFile, ledger: Ledger) -> None:
    """Note when each contrast of the study was first seen in this workspace; before any call."""
    now = str(time.time_ns() // 1_000_000)
    remember_once(ledger, {_note(study, contrast): now for contrast in study.contrasts})


def late_contrasts(
    study: StudyFile, members: Sequence[StudyMember], ledger: Ledger
) -> Iterator[Notice]:
    """The contrasts that were declared when answers of the study's runs were already there."""
    runs = [run for member in members for run in member.runs.values()]
    first = first_answer_ms(ledger, runs) if runs else None
    if first is None:
        return
    seen = remembered(ledger, [_note(study, contrast) for contrast in study.contrasts])
    late = [
        contrast.name
        for contrast in study.contrasts
        if int(seen.get(_note(study, contrast), first)) > first
    ]
    if late:
        names = ", ".join(late)
        yield Notice("study-late-contrasts", "warning", {"count": str(len(late)), "names": names})


def _note(study: StudyFile, contrast: ContrastSettings) -> str:
    """Equal for an equal question in a study of that id, whatever its name."""
    content = contrast.model_dump(mode="json", exclude={"name"})
    return f"contrast:{digest_of([study.id, content]).hex()[:24]}"
