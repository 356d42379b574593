"""A run or a comparison as one self-contained HTML file.

    Path("report.html").write_text(render_html(summary, "ja"), encoding="utf-8")

The file loads nothing and runs nothing: no script, no font, no address; its content security
policy forbids them, and names the one style sheet by its hash. Everything from a run is untrusted:
it is made visible (``visible``) and escaped by the template.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup

from primum.core.summary import PairwiseComparison, RunComparison, RunSummary
from primum.reporting.catalogue import Catalogue, load_catalogue
from primum.reporting.outcome_tables import usage
from primum.reporting.page import comparison_page, run_sections
from primum.reporting.pairwise_page import pairwise_page
from primum.reporting.placement import Placement
from primum.reporting.run_facts import (
    FactGroup,
    command,
    fact_groups,
    fidelity,
    primum_version,
    run_lines,
    run_title,
    side_names,
    system_prompt,
    which_run,
)
from primum.reporting.section import Section
from primum.reporting.table import Table
from primum.reporting.wording import wording_of


@dataclass(frozen=True, slots=True)
class RunSetup:
    """How one run was made, ready to show."""

    role: str
    lines: tuple[tuple[str, str], ...]
    command: str
    system_prompt: str
    fact_groups: tuple[FactGroup, ...]
    fidelity: Table
    usage: Table


def render_html(
    summary: RunSummary, language: str = "en", placements: Sequence[Placement] = ()
) -> str:
    """The run's report, a complete HTML document; ``placements`` are published results beside it.

    Raises:
        UnknownNameError: reports are not written in that language.
    """
    catalogue = load_catalogue(language)
    wording = wording_of(catalogue, [summary])
    title = run_title(summary, catalogue)
    sections = run_sections(summary, wording, placements)
    setups = [_setup(summary, "", catalogue)]
    return document(catalogue, title, sections, setups, version=primum_version(summary.spec))


def render_comparison_html(comparison: RunComparison, language: str = "en") -> str:
    """The comparison's report, a complete HTML document.

    Raises:
        UnknownNameError: reports are not written in that language.
    """
    catalogue = load_catalogue(language)
    first, second = comparison.first, comparison.second
    wording = wording_of(catalogue, [first, second])
    names = side_names(first, second, catalogue)
    title = catalogue.ui("title_comparison", first=names[0], second=names[1])
    setups = [
        _setup(first, catalogue.ui("first_run"), catalogue),
        _setup(second, catalogue.ui("second_run"), catalogue),
    ]
    sections = comparison_page(comparison, wording)
    return document(catalogue, title, sections, setups, version=primum_version(second.spec))


def render_pairwise_html(comparison: PairwiseComparison, language: str = "en") -> str:
    """The report of several runs, a complete HTML document.

    Raises:
        UnknownNameError: reports are not written in that language.
    """
    catalogue = load_catalogue(language)
    wording = wording_of(catalogue, comparison.runs)
    title = catalogue.ui("title_pairwise", n=len(comparison.runs))
    setups = [
        replace(
            _setup(run, catalogue.ui("run_n", n=place), catalogue), lines=which_run(run, catalogue)
        )
        for place, run in enumerate(comparison.runs, start=1)
    ]
    sections = pairwise_page(comparison, wording)
    version = primum_version(comparison.runs[-1].spec)
    return document(catalogue, title, sections, setups, version=version)


def _setup(summary: RunSummary, role: str, catalogue: Catalogue) -> RunSetup:
    return RunSetup(
        role,
        run_lines(summary, catalogue),
        command(summary.spec),
        system_prompt(summary.spec),
        fact_groups(summary.spec, catalogue),
        fidelity(summary.spec, catalogue),
        usage(summary, catalogue),
    )


def document(
    catalogue: Catalogue,
    title: str,
    sections: Sequence[Section],
    runs: Sequence[RunSetup] = (),
    *,
    version: str = "",
    lines: Sequence[tuple[str, str]] = (),
) -> str:
    """The sections as a complete HTML document; ``lines`` are facts below its title."""
    css = _data("report.css")
    return _template().render(
        language=catalogue.language,
        title=title,
        css=css,
        css_hash=_csp_hash(css),
        sections=sections,
        runs=runs,
        ui=catalogue.ui,
        label=catalogue.label,
        lines=lines,
        made_by=catalogue.ui("made_by", version=version or catalogue.ui("version_unknown")),
    )


def _csp_hash(text: str) -> str:
    """The source expression that lets exactly this inline style apply (CSP level 3)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _with_code(text: str) -> Markup:
    """The text escaped, with what stands between backticks set as code."""
    parts = text.split("`")
    marked = (
        Markup("<code>{}</code>") if place % 2 else Markup("{}") for place in range(len(parts))
    )
    return Markup().join(mark.format(part) for mark, part in zip(marked, parts, strict=True))


@cache
def _template() -> Template:
    environment = Environment(
        loader=FunctionLoader(_data),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["with_code"] = _with_code
    return environment.get_template("report.html.j2")


def _data(name: str) -> str:
    content = files("primum.reporting").joinpath("data", name).read_text(encoding="utf-8")
    return content.replace("\r\n", "\n")
