"""Translation: pairs that are whole, judges that are read strictly, failures that are listed."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from tests.generation.text_stage_support import (
    code_in,
    draft,
    fenced_text,
    model,
    run_stage,
    said,
)

from primum.benchmarks.row_file import read_rows
from primum.core.errors import BudgetReached, DataError
from primum.core.response import Response
from primum.engine.budget import Budget
from primum.generation.refusal_reading import is_refusal
from primum.generation.spreadsheet import write_sheet
from primum.generation.stages.translation_text import is_written_in, read_translation
from primum.generation.stand_in import stand_in
from primum.models.chat_model import ChatRequest
from primum.models.embedded import EmbeddedModel
from primum.models.scripted import ScriptedModel

JAPANESE = {
    "May I see my chart?": "自分のカルテを見てもよいですか。",
    "And tomorrow?": "明日はどうですか。",
}
ENGLISH = {japanese: english for english, japanese in JAPANESE.items()}


def translator(name: str = "translator") -> ScriptedModel:
    words = JAPANESE | ENGLISH
    return model(name, lambda request: words[fenced_text(said(request), "MESSAGE")])


def judge(meaning: int = 5, naturalness: int = 5) -> ScriptedModel:
    def answer(request: ChatRequest) -> str:
        text = said(request)
        name = "meaning" if "BACK TRANSLATION" in text else "naturalness"
        score = meaning if name == "meaning" else naturalness
        return json.dumps({"check": code_in(text), name: score})

    return model(f"judge-{meaning}-{naturalness}", answer)


def test_a_translation_follows_its_original_and_shares_its_pair_label(tmp_path: Path) -> None:
    original = draft("May I see my chart?", twin_pair="t1")
    roles = {"translators": [translator()], "judges": [judge()]}

    result = run_stage("translation", [original], {"to": "ja"}, roles, tmp_path)

    english, japanese = result.kept
    assert english.id == original.id
    assert japanese.turns == ("自分のカルテを見てもよいですか。",)
    assert (japanese.language, japanese.twin_pair, japanese.parents) == ("ja", "t1", (original.id,))
    assert english.translation_pair == japanese.translation_pair != ""
    assert [step.model for step in japanese.steps[:3]] == ["translator", "translator", "judge-5-5"]
    assert japanese.steps[-1].scores == {"meaning": 5.0, "naturalness": 5.0}
    assert not list((tmp_path / "people").glob("*")) if (tmp_path / "people").exists() else True


def test_the_back_translator_never_sees_the_original(tmp_path: Path) -> None:
    back = translator("second")
    roles = {"translators": [translator()], "second": [back], "judges": [judge()]}

    run_stage(
        "translation", [draft("May I see my chart?")], {"to": "ja", "back_role": "second"}, roles,
        tmp_path,
    )  # fmt: skip

    assert len(back.calls) == 1
    assert "May I see my chart?" not in "\n".join(m.content for m in back.calls[0].messages)


def test_every_turn_is_translated_with_the_conversation_as_context(tmp_path: Path) -> None:
    asked = translator()
    roles = {"translators": [asked], "judges": [judge()]}
    dialogue = draft(turns=("May I see my chart?", "And tomorrow?"))

    result = run_stage("translation", [dialogue], {"to": "ja"}, roles, tmp_path)

    assert result.kept[1].turns == tuple(JAPANESE.values())
    second = said(asked.calls[1])
    assert "CONVERSATION A" in second
    assert fenced_text(second, "TRANSLATED") == "自分のカルテを見てもよいですか。"


@pytest.mark.parametrize(
    ("scores", "reason"),
    [((3, 5), "meaning_lost"), ((5, 2), "unnatural"), ((3, 2), "meaning_lost")],
)
def test_what_the_judge_finds_wanting_goes_to_a_list_for_a_person(
    scores: tuple[int, int], reason: str, tmp_path: Path
) -> None:
    original = draft("May I see my chart?")
    roles = {"translators": [translator()], "judges": [judge(*scores)]}

    result = run_stage("translation", [original], {"to": "ja"}, roles, tmp_path)

    assert result.kept == (original,)
    assert [dropped.reason for dropped in result.dropped] == [reason]
    (row,) = read_rows(tmp_path / "people" / "translation-ja-failed.csv")
    assert row.values["reason"] == reason
    assert row.values["translation_1"] == "自分のカルテを見てもよいですか。"
    assert row.values["meaning"] == str(scores[0])
    assert result.figures["ja"]["kept"]["value"] == 0


def test_an_original_without_translation_can_be_left_out(tmp_path: Path) -> None:
    roles = {"translators": [translator()], "judges": [judge(1)]}

    result = run_stage(
        "translation", [draft("May I see my chart?")], {"to": "ja", "keep_unpaired": False}, roles,
        tmp_path,
    )  # fmt: skip

    assert result.kept == ()
    assert len(result.dropped) == 1


@pytest.mark.parametrize(
    "answer",
    ["I think it is fine: 5.", '{"meaning": 5}', '{"check": "0123456789abcdef", "meaning": 5}',
     '{"check": "CODE", "meaning": 6}', '{"check": "CODE", "meaning": 4.5}',
     '{"check": "CODE", "meaning": true}', '{"check": "CODE", "meaning": 5, "why": "good"}'],
)  # fmt: skip
def test_a_rating_that_is_not_one_is_missing_and_never_a_score(answer: str, tmp_path: Path) -> None:
    prose = model("prose", lambda request: answer.replace("CODE", code_in(said(request))))
    roles = {"translators": [translator()], "judges": [prose]}

    result = run_stage("translation", [draft("May I see my chart?")], {"to": "ja"}, roles, tmp_path)

    assert [dropped.reason for dropped in result.dropped] == ["unparseable"]
    assert "rating of meaning" in result.dropped[0].detail
    assert result.figures["ja"]["meaning"]["n"] == 0


def test_one_judge_of_two_that_cannot_be_read_leaves_the_other(tmp_path: Path) -> None:
    prose = model("prose", lambda _: "Fine.")
    roles = {"translators": [translator()], "judges": [prose, judge(4, 4)]}

    result = run_stage("translation", [draft("May I see my chart?")], {"to": "ja"}, roles, tmp_path)

    assert len(result.kept) == 2
    assert result.figures["ja"]["unread_ratings"] == 2


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (Response("ok", "申し訳ありませんが、このご依頼にはお応えできません。"), "refused"),
        (Response("ok", "May I see my chart?"), "unparseable"),
        (Response("ok", "Yes, you may see it."), "unparseable"),
        (Response("ok", "カルテ。" * 300), "unparseable"),
        (Response("truncated", "自分のカル"), "unparseable"),
        (Response("ok", "  "), "no_answer"),
        (Response("content_filter"), "no_answer"),
    ],
)
def test_what_is_no_translation_has_its_reason(response: Response, reason: str) -> None:
    read = read_translation(response, "May I see my chart?", "en", "ja")

    assert (read.reason, read.text) == (reason, "")


@pytest.mark.parametrize(
    "answer",
    ["自分のカルテを見てもよいですか。", "「自分のカルテを見てもよいですか。」",
     "以下が翻訳です：\n自分のカルテを見てもよいですか。", "| 自分のカルテを見てもよいですか。",
     "```\n自分のカルテを見てもよいですか。\n```", "翻訳：自分のカルテを見てもよいですか。",
     "<think>hm</think>自分のカルテを見てもよいですか。"],
)  # fmt: skip
def test_what_models_put_around_a_translation_is_taken_off(answer: str) -> None:
    read = read_translation(Response("ok", answer), "May I see my chart?", "en", "ja")

    assert read.text == "自分のカルテを見てもよいですか。"


def test_scripts_tell_languages_apart() -> None:
    assert is_written_in("はい、HbA1cは6.5%です", "ja")
    assert not is_written_in("我可以看我的病历吗？这是我的权利。", "ja")
    assert is_written_in("He said “はい”, which means yes.", "en")
    assert is_written_in("Что угодно", "ru")


def test_a_draft_that_has_its_translation_is_not_translated_again(tmp_path: Path) -> None:
    asked = translator()
    pair = [
        draft(translation_pair="p"),
        draft("はい、見られます。", language="ja", translation_pair="p"),
    ]

    result = run_stage(
        "translation", pair, {"to": "ja"}, {"translators": [asked], "judges": [judge()]}, tmp_path
    )

    assert result.kept == tuple(pair)
    assert asked.calls == []


def test_what_was_stopped_goes_on_and_asks_nothing_twice(tmp_path: Path) -> None:
    made: list[str] = []

    def answer(request: ChatRequest) -> str:
        made.append(said(request))
        return (JAPANESE | ENGLISH)[fenced_text(said(request), "MESSAGE")]

    def run(budget: Budget) -> int:
        roles = {"translators": [model("t", answer)], "judges": [judge()]}
        drafts = [draft(text) for text in JAPANESE]
        return len(run_stage("translation", drafts, {"to": "ja"}, roles, tmp_path, budget).kept)

    with pytest.raises(BudgetReached):
        run(Budget(max_calls=3))
    assert run(Budget()) == 4
    assert run(Budget(max_calls=0)) == 4
    assert len(made) == len(set(made)) == 4


@pytest.mark.embedded
@pytest.mark.slow
def test_the_embedded_model_translates_badly_but_every_outcome_is_typed(tmp_path: Path) -> None:
    asked = EmbeddedModel(slots=2)
    given = [draft("May I see my chart?"), draft("Is my dose written down?")]
    roles = {"translators": [asked], "judges": [asked]}
    result = run_stage("translation", given, {"to": "ja"}, roles, tmp_path)

    assert len(result.kept) - len(given) + len(result.dropped) == 2
    assert {each.reason for each in result.dropped} <= {
        "no_answer", "refused", "unparseable", "meaning_lost", "unnatural",
    }  # fmt: skip
    assert result.figures["ja"]["translated"] == 2


def test_the_judge_of_the_demos_can_rate_translations(tmp_path: Path) -> None:
    roles = {"translators": [translator()], "judges": [stand_in("stand-in:judge")]}
    given = [draft(text) for text in JAPANESE]

    result = run_stage("translation", given, {"to": "ja"}, roles, tmp_path)

    assert result.figures["ja"]["unread_ratings"] == 0
    assert result.figures["ja"]["meaning"]["n"] == 2


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (
            "雇い主への返事を作り、どなたが受診したかは決してお答えしないことを説明してください。",
            "ja",
        ),
        ("電話がありました。どなたの検査結果もお話しできない理由を書いてください。", "ja"),
        ("My neighbour was admitted. Tell me how to open it although I do not treat her.", "en"),
    ],
)
def test_a_translation_that_speaks_of_declining_is_no_refusal(text: str, language: str) -> None:
    source, from_language = ("Where is it?", "en") if language == "ja" else ("どこですか。", "ja")

    assert is_refusal(text, language)
    assert read_translation(Response("ok", text), source, from_language, language).reason is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("申し訳ありませんが、この文章は翻訳できません。別の内容をお送りください。", "ja"),
        ("I'm sorry, but I can't help with that. Please ask for something else.", "en"),
    ],
)
def test_a_translator_that_declines_at_once_has_refused(text: str, language: str) -> None:
    source, from_language = ("Where is it?", "en") if language == "ja" else ("どこですか。", "ja")

    assert read_translation(Response("ok", text), source, from_language, language).reason == (
        "refused"
    )


def test_every_question_s_step_names_its_call(tmp_path: Path) -> None:
    roles = {"translators": [translator()], "judges": [judge()]}
    original = draft("May I see my chart?", turns=("May I see my chart?", "And tomorrow?"))

    _, made = run_stage("translation", [original], {"to": "ja"}, roles, tmp_path).kept

    asked = [step for step in made.steps if step.prompt]
    assert [step.prompt.partition("@")[0] for step in asked] == [
        "translate", "translate", "back-translate", "back-translate", "meaning", "naturalness",
    ]  # fmt: skip
    assert len({step.call for step in asked}) == 6
    assert all(len(step.call) == 32 for step in asked)
    assert asked[1].note == "en → ja, turn 2"
    assert made.steps[-1].parent == original.id
    assert made.steps[-1].parent_turns == original.turns


def test_a_person_s_correction_does_not_carry_the_scores_of_the_text_before(
    tmp_path: Path,
) -> None:
    roles = {"translators": [translator()], "judges": [judge(meaning=2)]}
    run_stage("translation", [draft("May I see my chart?")], {"to": "ja"}, roles, tmp_path)
    (path,) = tmp_path.rglob("*-ja-failed.csv")
    (row,) = read_rows(path)
    written = {**row.values, "corrected_1": "カルテを見せていただけますか。"}
    write_sheet(path, list(written), [written])

    _, made = run_stage(
        "translation", [draft("May I see my chart?")], {"to": "ja"}, roles, tmp_path
    ).kept

    assert made.turns == ("カルテを見せていただけますか。",)
    assert not made.steps[-1].scores
    assert "corrected by a person" in made.steps[-1].note
    rated = [step for step in made.steps if step.scores]
    assert rated
    assert all("before a person corrected it" in step.note for step in rated)


@pytest.mark.parametrize(
    ("separator", "encoding", "above"),
    [(";", "utf-8-sig", ""), ("\t", "utf-16", ""), (";", "utf-8-sig", "sep=;\r\n")],
)
def test_a_correction_is_read_however_a_spreadsheet_saved_it(
    separator: str, encoding: str, above: str, tmp_path: Path
) -> None:
    roles = {"translators": [translator()], "judges": [judge(meaning=2)]}
    run_stage("translation", [draft("May I see my chart?")], {"to": "ja"}, roles, tmp_path)
    (path,) = tmp_path.rglob("*-ja-failed.csv")
    (row,) = read_rows(path)
    written = {**row.values, "corrected_1": "カルテを見せていただけますか。"}
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(written), delimiter=separator)
    writer.writeheader()
    writer.writerow(written)
    path.write_bytes((above + out.getvalue() + separator * 3 + "\r\n").encode(encoding))

    kept = run_stage(
        "translation", [draft("May I see my chart?")], {"to": "ja"}, roles, tmp_path
    ).kept

    assert [each.turns for each in kept][-1:] == [("カルテを見せていただけますか。",)]


def test_a_workbook_in_the_place_of_the_list_is_one_sentence_and_kept(tmp_path: Path) -> None:
    roles = {"translators": [translator()], "judges": [judge(meaning=2)]}
    run_stage("translation", [draft("May I see my chart?")], {"to": "ja"}, roles, tmp_path)
    (path,) = tmp_path.rglob("*-ja-failed.csv")
    path.write_bytes(b"PK\x03\x04 and so on")

    with pytest.raises(DataError, match="workbook .* save it as “CSV UTF-8”"):
        run_stage("translation", [draft("May I see my chart?")], {"to": "ja"}, roles, tmp_path)

    assert path.read_bytes() == b"PK\x03\x04 and so on"
