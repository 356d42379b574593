"""The catalogue is complete in both languages, and covers what the other rooms name."""

import ast
import re
from pathlib import Path

import pytest

import primum
from primum.core.errors import UnknownNameError
from primum.core.item import INTENTS, PERSPECTIVES
from primum.core.judgement import VERDICT_OUTCOMES
from primum.core.response import RESPONSE_OUTCOMES
from primum.core.scale import ACCURACY, BEHAVIOUR, GROUNDEDNESS, HARMFULNESS, REFUSAL, SAFETY
from primum.evaluation.layout import DIMENSIONS
from primum.evaluation.metric import rules_for
from primum.evaluation.notice import ORDER
from primum.evaluation.published import list_published, load_published
from primum.evaluation.published_comparison import CAVEATS
from primum.evaluation.setting import SummarySettings
from primum.reporting.catalogue import REPORT_LANGUAGES, gaps, load_catalogue
from primum.studies.study_notices import NOTICE_CODES

SOURCE = Path(primum.__file__).parent


def texts(language: str) -> dict[str, str]:
    sections = load_catalogue(language).sections
    return {f"{name}.{key}": text for name, keys in sections.items() for key, text in keys.items()}


def test_both_languages_have_the_same_texts_with_the_same_gaps() -> None:
    english, japanese = texts("en"), texts("ja")

    assert set(english) == set(japanese)
    assert {key for key in english if gaps(english[key]) != gaps(japanese[key])} == set()


def test_no_text_is_empty_and_sentences_are_translated() -> None:
    english, japanese = texts("en"), texts("ja")

    assert [key for key, text in {**english, **japanese}.items() if not text.strip()] == []
    sentences = [key for key in english if key.startswith(("notice.", "method_note.", "sentence."))]
    plain = {"sentence.p", "sentence.p_small", "sentence.default"}
    untranslated = [
        key
        for key in sentences
        if not re.search(r"[ぁ-ん一-龥]", japanese[key]) and key not in plain
    ]
    assert untranslated == []


def test_japanese_text_uses_japanese_brackets() -> None:
    mixed = [
        k for k, text in texts("ja").items() if re.search(r"[ぁ-んァ-ヶ一-龥]\(|\)[ぁ-ん。]", text)
    ]

    assert mixed == []


@pytest.mark.parametrize(
    ("section", "pattern"),
    [("ui", r"\bui\(\s*[\"'](\w+)[\"']"), ("sentence", r"\"sentence\",\s*\"(\w+)\"")],
)
def test_every_text_that_the_room_asks_for_exists(section: str, pattern: str) -> None:
    room = SOURCE / "reporting"
    files = [*room.glob("*.py"), *room.glob("data/*.j2")]
    asked = {key for file in files for key in re.findall(pattern, file.read_text(encoding="utf-8"))}

    assert len(asked) >= 8
    assert asked - set(load_catalogue("en").sections[section]) == set()


def test_every_notice_that_any_room_makes_has_a_text() -> None:
    codes: set[str] = set()
    for file in SOURCE.rglob("*.py"):
        codes |= set(re.findall(r"\bNotice\(\s*\"([a-z0-9-]+)\"", file.read_text(encoding="utf-8")))

    assert codes - set(load_catalogue("en").sections["notice"]) == set()


def test_every_notice_with_a_text_is_made_somewhere() -> None:
    rooms = [file for file in SOURCE.rglob("*.py") if "reporting" not in file.parts]
    source = "".join(file.read_text(encoding="utf-8") for file in rooms)
    # A list of codes is not a place where notices are made.
    source = re.sub(r"\n(ORDER|NOTICE_CODES) = \(.*?\n\)\n", "", source, flags=re.DOTALL)

    codes = load_catalogue("en").sections["notice"]
    assert [code for code in codes if f'"{code}"' not in source] == []
    assert {*ORDER, *NOTICE_CODES} == set(codes)


@pytest.mark.parametrize(
    ("section", "names"),
    [
        ("response_outcome", RESPONSE_OUTCOMES),
        ("verdict_outcome", VERDICT_OUTCOMES),
        ("perspective", PERSPECTIVES),
        ("intent", INTENTS),
        ("intent_short", INTENTS),
    ],
)
def test_every_closed_choice_has_a_name(section: str, names: tuple[str, ...]) -> None:
    assert set(names) <= set(load_catalogue("en").sections[section])


def _codes(value: ast.AST) -> set[str]:
    """String constants of an expression that look like codes, f-strings and calls apart."""
    constants = {
        node.value
        for node in ast.walk(value)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {text for text in constants if re.fullmatch(r"[a-z]+(-[a-z]+)*", text)}


def emitted_codes() -> set[str]:
    """Names of interval and test methods that the code writes into an estimate or a difference.

    They are keyword arguments ``method``, ``test`` or ``name``, values of variables of these names,
    and positional arguments of the types that carry them.
    """
    carriers = {"Interval", "MannWhitney", "SignedRank", "Estimate", "Difference"}
    names = {"method", "test", "name"}
    found: set[str] = set()
    for room in ("statistics", "evaluation"):
        for file in (SOURCE / room).glob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    called = node.func.id if isinstance(node.func, ast.Name) else ""
                    parts: list[ast.AST] = [k.value for k in node.keywords if k.arg in names]
                    parts += node.args if called in carriers else []
                elif isinstance(node, ast.Assign):
                    targets = {
                        t.id
                        for one in node.targets
                        for t in ast.walk(one)
                        if isinstance(t, ast.Name)
                    }
                    parts = [node.value] if targets & names else []
                else:
                    continue
                if room == "statistics" or _is_result(node):
                    found |= {code for part in parts for code in _codes(part)}
    return found


def _is_result(node: ast.AST) -> bool:
    """Elsewhere than in statistics a name is not always one of a method."""
    if isinstance(node, ast.Assign):
        names = {n.id for one in node.targets for n in ast.walk(one) if isinstance(n, ast.Name)}
        return bool(names & {"method", "test"})
    called = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
    return called in {"Estimate", "Difference", "Interval"}


def test_every_interval_and_test_that_statistics_name_has_a_text() -> None:
    codes = emitted_codes()
    stepped = {
        f"{code}-stepped"
        for code in ("bootstrap-z", "bootstrap-percentile", "fisher-z", "f-mcgraw-wong")
    }

    assert {"cluster-log-log", "welch", "median-bootstrap", "mann-whitney-exact"} <= codes
    assert (codes | stepped) - set(load_catalogue("en").sections["method"]) == set()


def test_every_measure_of_every_scale_has_a_name_and_an_explanation() -> None:
    settings = SummarySettings(medians=True)
    keys = {
        rule.key
        for scale in (REFUSAL, HARMFULNESS, SAFETY, GROUNDEDNESS, ACCURACY, BEHAVIOUR)
        for rule in rules_for(scale, settings, multi_turn=True)
    }
    sections = load_catalogue("en").sections

    assert len(keys) > 20
    assert keys - set(sections["metric"]) == set()
    assert keys - set(sections["metric_note"]) == set()


def test_every_breakdown_that_a_summary_makes_has_a_name() -> None:
    assert set(DIMENSIONS) - set(load_catalogue("en").sections["dimension"]) == set()


def test_every_caveat_mark_and_panel_of_published_results_has_a_text() -> None:
    sections = load_catalogue("en").sections
    figures = [figure for name in list_published() for figure in load_published(name).figures]

    assert set(CAVEATS) == set(sections["caveat"])
    assert {figure.mark for figure in figures} <= set(sections["mark"])
    assert {figure.panel for figure in figures} - set(sections["panel"]) == set()


def test_every_figure_of_agreement_has_a_name() -> None:
    source = (SOURCE / "evaluation" / "judge_agreement.py").read_text(encoding="utf-8")
    block = source[source.index("figures: dict[str, Estimate] = {") :]
    keys = set(re.findall(r'"(\w+)":', block[: block.index("}")]))

    assert len(keys) == 9
    assert keys == set(load_catalogue("en").sections["agreement"])


def test_every_method_with_a_name_is_explained() -> None:
    sections = load_catalogue("en").sections

    assert set(sections["method"]) == set(sections["method_note"])


def test_a_text_that_the_catalogue_lacks_is_an_error() -> None:
    with pytest.raises(KeyError):
        load_catalogue("en").ui("no-such-text")


def test_a_name_that_the_catalogue_lacks_is_shown_as_it_is() -> None:
    assert (
        load_catalogue("ja").label("metric", "kindness.mean|benign", "kindness.mean")
        == "kindness.mean"
    )


def test_an_unknown_language_names_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="report language") as error:
        load_catalogue("fr")

    assert all(language in str(error.value) for language in REPORT_LANGUAGES)
