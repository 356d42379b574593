"""Links lead somewhere, commands exist, and names are known: pages are held to the code."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from tests.docs.page import ROOT, ShownCommand, pages, shown_commands

from primum.benchmarks.catalogue import known_names, list_benchmarks, split_name
from primum.cli.main import root as primum
from primum.cli.word_group import WordGroup
from primum.evaluation.protocol import built_in_protocols

PAGES = pages()
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def _anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of the headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_link_within_the_repository_leads_to_a_file_and_a_heading(page: Path) -> None:
    for link in _LINK.findall(page.read_text(encoding="utf-8")):
        if "://" in link:
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page

        assert target.exists(), f"{_name(page)}: {link}"
        if anchor:
            assert anchor in _anchors(target), f"{_name(page)}: {link}"


def _parsed(words: list[str]) -> tuple[list[str], click.Context]:
    """The verbs and the context of a command line; nothing is run."""
    command: click.Command = primum
    context = command.make_context("primum", [], resilient_parsing=True)
    verbs: list[str] = []
    while isinstance(command, click.Group) and words:
        if isinstance(command, WordGroup) and words[0] not in command.list_commands(context):
            words = ["run", *words]  # the word that “primum study FILE” leaves out
        name, found, words = command.resolve_command(context, words)
        assert found is not None
        verbs.append(str(name))
        command = found
        if isinstance(command, click.Group):
            context = click.Context(command, parent=context, info_name=name)
    if not isinstance(command, click.Group):
        context = command.make_context(verbs[-1], words, parent=context)
    return verbs, context


def _commands() -> list[ShownCommand]:
    found = [command for page in PAGES for command in shown_commands(page)]
    # “primum runs list | show RUN” names several verbs in one line.
    return [command for command in found if "|" not in command.words]


@pytest.mark.parametrize("shown", _commands(), ids=lambda shown: f"{shown.page}: {shown.line}")
def test_a_command_that_is_shown_exists_with_its_options(shown: ShownCommand) -> None:
    try:
        verbs, context = _parsed(shown.words)
    except click.ClickException as error:
        pytest.fail(f"{shown.page}: primum {shown.line}: {error.format_message()}")

    _assert_names_are_known(verbs, context)


def _assert_names_are_known(verbs: list[str], context: click.Context) -> None:
    protocol = context.params.get("protocol")
    if protocol and not protocol.isupper() and not protocol.endswith(".toml"):
        assert protocol in built_in_protocols(), f"{verbs}: protocol {protocol}"
    named = context.params.get("benchmark") or ()
    for name in (named,) if isinstance(named, str) else named:
        if "." in name or name.isupper():
            continue
        parts = split_name(name)
        assert parts is not None, f"{verbs}: benchmark {name}"
        assert f"{parts.base}:{parts.view}" in known_names() or not parts.view, name


def test_commands_are_found_in_the_pages() -> None:
    """So that the tests above cannot pass by finding nothing."""
    by_page = {command.page for command in _commands()}

    assert {"README.md", "docs/evaluate-your-model.md", "docs/protocols/medriskeval.md"} <= by_page
    assert len(_commands()) > 50


def test_the_licence_of_every_published_set_stands_in_the_table() -> None:
    page = (ROOT / "docs" / "responsible-use.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([\w-]+)` .*? \| (.*?) \|", page, re.MULTILINE))

    for entry in list_benchmarks():
        if entry.card is not None and entry.card.repository:
            licence = entry.card.licence
            shown = rows[entry.name]
            assert licence in shown or (entry.name == "hex-phi" and "own agreement" in shown)
            assert ("gated" in shown) == entry.card.is_gated


def test_the_number_of_core_items_in_the_readme_is_the_present_one() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (core,) = [entry for entry in list_benchmarks() if entry.name == "primum-core"]

    assert readme.count(f"{core.views[0].count:,} items") == 2


def test_the_files_to_begin_reading_at_exist_in_their_rooms() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \|.*\| (.*) \|$", page, re.MULTILINE)
    rooms = {path.parent.name for path in (ROOT / "src" / "primum").glob("*/__init__.py")}

    assert {room for room, _ in rows} == rooms
    for room, files in rows:
        for file in re.findall(r"`([\w.]+)`", files):
            assert (ROOT / "src" / "primum" / room / file).is_file(), f"{room}: {file}"
