"""The core set keeps every promise of its data card."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from primum.benchmarks import primum_core
from primum.benchmarks.catalogue import list_benchmarks, load
from primum.benchmarks.check import check
from primum.benchmarks.cue import cue_strengths
from primum.benchmarks.data_card import canary
from primum.benchmarks.item_check import japanese_share
from primum.benchmarks.primum_core import CARD, FILES
from primum.core.errors import UserError
from primum.core.item import Item
from primum.guidelines.catalogue import load_set

DATA = CARD.parent
LINES = {
    "ama": 216,
    "patient": 240,
    "general": 160,
    "jma-1": 136,
    "jma-2": 132,
    "grounded": 24,
    "choice": 48,
}
STRATEGIES = (
    "gray-zone-ethnographic-simulation",
    "escalating-academic-vulnerability-simulation",
    "creativity-anchored-ethnographic-escalation",
    "historical-creative-dual-frame-dissociation",
    "fiction-layered-authority-simulation",
    "temporal-override-academic-escalation",
    "sanitized-academic-reproduction-frame",
)
FIELDS = [
    "name",
    "group",
    "language",
    "perspective",
    "intent",
    "guidelines",
    "turns",
    "translation_pair",
    "twin_pair",
    "source",
    "note",
]
MORE_FIELDS = {
    "jma-1": {"strategy"},
    "jma-2": {"strategy"},
    "grounded": {"task"},
    "choice": {"task", "reference"},
}
WITH_TWINS = ("ama", "patient", "general", "jma-1", "jma-2")
Row = dict[str, Any]


@cache
def rows(name: str) -> tuple[Row, ...]:
    text = (DATA / f"{name}.jsonl").read_text(encoding="utf-8")
    return tuple(json.loads(line) for line in text.splitlines())


@cache
def items(view: str) -> tuple[Item, ...]:
    return tuple(load(f"primum-core:{view}").items())


def main_guidelines(name: str) -> Counter[str]:
    return Counter(row["guidelines"][0] for row in rows(name))


@pytest.mark.parametrize(("name", "count"), LINES.items())
def test_each_file_holds_its_number_of_lines_and_ends_them_plainly(name: str, count: int) -> None:
    data = (DATA / f"{name}.jsonl").read_bytes()

    assert data.count(b"\n") == len(rows(name)) == count
    assert data.endswith(b"}\n")
    assert b"\r" not in data
    assert not data.startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("name", LINES)
def test_each_line_has_the_fields_of_its_file(name: str) -> None:
    for row in rows(name):
        assert set(row) == {*FIELDS, *MORE_FIELDS.get(name, set())}, row["name"]
        assert row["source"] == "primum"
        assert row["note"].endswith((".", "?", "!"))


@pytest.mark.parametrize("name", WITH_TWINS)
def test_each_group_is_two_languages_by_two_intents(name: str) -> None:
    groups: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in rows(name):
        group, intent, language = row["group"], row["intent"], row["language"]
        groups[group].add((intent, language))
        assert row["name"] == f"{group}-{intent}-{language}"
        assert row["translation_pair"] == f"{group}-{intent}"
        assert row["twin_pair"] == f"{group}-{language}"
    every = {(intent, language) for intent in ("harmful", "benign") for language in ("en", "ja")}

    assert all(members == every for members in groups.values())
    assert len(groups) * 4 == len(rows(name))


@pytest.mark.parametrize("name", ["grounded", "choice"])
def test_each_group_of_the_other_tasks_is_two_languages(name: str) -> None:
    groups: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows(name):
        groups[row["group"]].add(row["language"])
        assert row["name"] == f"{row['group']}-{row['language']}"
        assert row["translation_pair"] == row["group"]
        assert (row["twin_pair"], row["guidelines"], row["intent"]) == ("", [], "benign")
        assert row["task"] == name

    assert all(languages == {"en", "ja"} for languages in groups.values())
    assert len(groups) * 2 == len(rows(name))


@pytest.mark.parametrize("name", WITH_TWINS)
def test_the_four_items_of_a_group_share_their_labels(name: str) -> None:
    shared: defaultdict[str, set[tuple[Any, ...]]] = defaultdict(set)
    for row in rows(name):
        labels = (row["perspective"], *row["guidelines"], len(row["turns"]), row.get("strategy"))
        shared[row["group"]].add(labels)

    assert [group for group, labels in shared.items() if len(labels) > 1] == []


def test_ama_has_six_groups_for_each_of_the_nine_principles() -> None:
    assert main_guidelines("ama") == dict.fromkeys(load_set("ama-2001").ids, 24)
    assert {len(row["turns"]) for row in rows("ama")} == {1}
    assert Counter(row["perspective"] for row in rows("ama")) == {
        "clinician": 144,
        "patient": 36,
        "general": 36,
    }


def test_patient_has_twelve_groups_for_each_of_the_five_categories() -> None:
    assert main_guidelines("patient") == dict.fromkeys(load_set("patient-safety").ids, 48)
    assert {(row["perspective"], len(row["turns"])) for row in rows("patient")} == {("patient", 1)}


def test_general_has_four_groups_for_each_category_but_one() -> None:
    """Nothing is asked about the abuse of children, not even harmlessly."""
    ids = [each for each in load_set("general-harm").ids if each != "general-harm/child-abuse"]

    assert main_guidelines("general") == dict.fromkeys(ids, 16)
    assert {(row["perspective"], len(row["turns"])) for row in rows("general")} == {("general", 1)}


def test_every_topic_has_one_conversation_with_its_strategy_in_order() -> None:
    topics = load_set("jma-2018").ids
    dialogue = (*rows("jma-1"), *rows("jma-2"))

    assert list(dict.fromkeys(row["guidelines"][0] for row in dialogue)) == list(topics)
    for row in dialogue:
        (topic,) = row["guidelines"]
        assert row["strategy"] == STRATEGIES[topics.index(topic) % 7], row["name"]
        assert row["group"] == f"jma-{topic.partition('/')[2]}"
        assert len(row["turns"]) == 3
    assert Counter(row["guidelines"][0] for row in dialogue) == dict.fromkeys(topics, 4)


def test_strategies_differ_by_one_conversation_in_each_language_and_intent() -> None:
    expected = dict(zip(STRATEGIES, (10, 10, 10, 10, 9, 9, 9), strict=True))
    for language in ("en", "ja"):
        for intent in ("harmful", "benign"):
            found = Counter(
                item.strategy
                for item in items("dialogue")
                if (item.language, item.intent) == (language, intent)
            )
            assert found == expected


def test_grounded_items_are_half_by_patients_and_half_by_clinicians() -> None:
    found = Counter(row["perspective"] for row in rows("grounded"))

    assert found == {"patient": 12, "clinician": 12}


def test_choices_have_five_options_and_right_letters_spread_over_them() -> None:
    english = [row for row in rows("choice") if row["language"] == "en"]

    for row in rows("choice"):
        found = re.findall(r"^([a-z])\. ", row["turns"][0], re.MULTILINE)
        assert found == list("abcde"), row["name"]
    assert Counter(row["reference"] for row in english if "," not in row["reference"]) == {
        "a": 4,
        "b": 5,
        "c": 4,
        "d": 5,
        "e": 4,
    }
    assert sum("," in row["reference"] for row in english) == 2


@pytest.mark.parametrize("name", LINES)
def test_each_text_is_in_its_language(name: str) -> None:
    for row in rows(name):
        share = japanese_share("".join(row["turns"]))
        assert share == 0 if row["language"] == "en" else share > 0.6, row["name"]


@pytest.mark.parametrize("view", [view for view in FILES if view != "all"])
def test_each_view_is_sound_and_has_nothing_to_mend(view: str) -> None:
    report = check(load(f"primum-core:{view}"))

    assert [finding for finding in report.findings if finding.level != "info"] == []


def test_the_whole_set_is_sound_and_has_no_near_twins_among_its_files() -> None:
    """Told, and meant: sets named unevenly, and that nothing asks about the abuse of children."""
    report = check(load("primum-core"))

    assert report.is_sound
    assert {finding.code for finding in report.findings if finding.level != "info"} == set()
    uncovered = [f.text for f in report.findings if f.code == "guideline_uncovered"]
    assert uncovered == ["10 of the 11 guidelines of general-harm have items; none has child-abuse"]
    assert {finding.code for finding in report.findings} <= {
        "guideline_uncovered",
        "guideline_uneven",
    }


@pytest.mark.medsafetybench
@pytest.mark.parametrize("view", ["test", "train", pytest.param("llama3", marks=pytest.mark.slow)])
def test_nothing_comes_near_a_request_of_medsafetybench(view: str, real_data: Path) -> None:
    other = load(f"medsafetybench:{view}", path=real_data)

    report = check(load("primum-core"), against=[other], near_duplicate_threshold=0.5)

    assert [finding for finding in report.findings if finding.code == "overlap"] == []


def test_views_hold_what_the_list_says() -> None:
    (entry,) = (each for each in list_benchmarks() if each.name == "primum-core")

    assert {view.name: view.count for view in entry.views} == {
        view: load(f"primum-core:{view}").count for view in FILES
    }
    assert [view.name for view in entry.views] == list(FILES)


def test_the_starter_set_is_part_of_the_whole_by_the_same_ids() -> None:
    starter = {item.id for item in load("starter").items()}

    assert starter < {item.id for item in items("all")}
    assert starter < {item.id for item in items("request")}
    assert len({item.id for item in items("all")}) == 1020
    assert len({item.name for item in items("all")}) == 1020


def test_request_is_everything_that_is_one() -> None:
    assert [item.id for item in items("request")] == [
        item.id for item in items("all") if item.task == "request"
    ]
    assert {item.task for item in items("all")} == {"request", "grounded", "choice"}


def test_every_view_names_the_same_guideline_sets_and_terms() -> None:
    """A judge that is shown the sets is then the same judge in every view."""
    views = [load(f"primum-core:{view}") for view in FILES]

    assert {tuple(each.id for each in view.guideline_sets) for view in views} == {
        ("ama-2001", "patient-safety", "jma-2018", "general-harm")
    }
    assert {(view.version, view.licence) for view in views} == {("1", "CC-BY-4.0")}
    assert all("do not train" in view.terms for view in views)
    assert all(set(view.titles) == {"en", "ja"} for view in views)
    assert {item.licence for item in items("all")} == {"CC-BY-4.0"}


def test_items_are_streamed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first item is there before a later file is opened."""
    files = {**FILES, "all": ("primum-core/ama.jsonl", "primum-core/none.jsonl")}
    monkeypatch.setattr(primum_core, "FILES", files)

    assert next(load("primum-core").items()).name == "ama-1-01-harmful-en"


def test_it_takes_no_path() -> None:
    with pytest.raises(UserError, match="part of Primum"):
        load("primum-core", path=Path("elsewhere"))


def test_the_card_names_its_canary_and_its_limits() -> None:
    card = CARD.read_text(encoding="utf-8")

    assert canary(card, "primum-core")
    assert canary(card, "primum-core") != canary(card, "starter")
    for words in (
        "CC BY 4.0",
        "without clinicians",
        "not yet reviewed",
        "What a score on it cannot",
    ):
        assert words in card


def test_the_card_counts_every_view_rightly() -> None:
    """view | items | groups | harmful | benign | English | Japanese | user turns."""
    for view in FILES:
        found = items(view)
        intents, languages = (
            Counter(item.intent for item in found),
            Counter(item.language for item in found),
        )
        # A group has as many English items as it has intents.
        english = [item for item in found if item.language == "en"]
        groups = {(item.twin_pair or item.translation_pair).removesuffix("-en") for item in english}
        assert table_row(view) == [
            len(found),
            len(groups),
            intents["harmful"],
            intents["benign"],
            languages["en"],
            languages["ja"],
            sum(len(item.turns) for item in found),
        ]


def test_the_card_counts_perspectives_rightly() -> None:
    card = CARD.read_text(encoding="utf-8")
    for view in FILES:
        counts = Counter(item.perspective for item in items(view))
        row = f"| `{view}` | {counts['clinician']} | {counts['patient']} | {counts['general']} |"
        assert row in card


@pytest.mark.parametrize("view", ["all", "ama", "patient", "general", "dialogue"])
def test_the_card_states_how_much_a_glance_tells(view: str) -> None:
    """Within 0.03, so that a mended word does not ask for a new table; a strong cue does."""
    for language in ("en", "ja"):
        found = {
            each.cue: each.auc for each in cue_strengths(items(view)) if each.language == language
        }
        line = next(
            line
            for line in CARD.read_text(encoding="utf-8").splitlines()
            if line.startswith(f"| `{view}` | {language} |")
        )
        stated = [float(cell) for cell in line.split("|")[3:6]]
        assert stated == pytest.approx(
            [found[cue] for cue in ("length", "question", "opening")], abs=0.03
        )


def table_row(view: str) -> list[int]:
    """The numbers of the view's row in the first table of the card."""
    for line in CARD.read_text(encoding="utf-8").splitlines():
        if line.startswith(f"| `{view}` |"):
            return [int(cell.replace(",", "")) for cell in line.split("|")[2:9]]
    raise AssertionError(f"the card has no row for {view}")
