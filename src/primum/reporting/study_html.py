"""A study as one self-contained HTML file.

    Path("study.html").write_text(render_study_html(study, "ja"), encoding="utf-8")

Loads nothing and runs nothing, as ``html`` has it; names, labels and every other text of a study
are untrusted.
"""

from __future__ import annotations

from primum.core.study import StudySummary
from primum.reporting.catalogue import load_catalogue
from primum.reporting.html import document
from primum.reporting.run_facts import primum_version
from primum.reporting.study_page import study_sections
from primum.reporting.study_setup import header_lines
from primum.reporting.study_words import StudyWords, study_words
from primum.reporting.visible import brief


def render_study_html(study: StudySummary, language: str = "en") -> str:
    """The study's report, a complete HTML document.

    Raises:
        UnknownNameError: reports are not written in that language.
    """
    catalogue = load_catalogue(language)
    words = study_words(study, catalogue)
    versions = (primum_version(run.spec) for run in study.runs.values())
    return document(
        catalogue,
        study_title(words),
        study_sections(words),
        version=primum_version(study.spec) or next(filter(None, versions), ""),
        lines=header_lines(words),
    )


def study_title(words: StudyWords) -> str:
    """The study's own title in the report's language."""
    titles = words.study.titles
    return brief(titles.get(words.catalogue.language) or titles.get("en") or words.study.id, 200)
