"""Curation by people: files go out, come back checked, and nothing is lost or doubled."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.generation.text_stage_support import draft, run_stage

from primum.core.errors import DataError
from primum.generation.draft import Draft
from primum.generation.spreadsheet import guarded, shown_text, write_sheet
from primum.generation.stage import StageResult

Rows = list[dict[str, str]]
THREE = (
    draft("May I see my chart?"),
    draft("=1+1 is my dose, is it not?"),
    draft(turns=("Who may see it?", "そして明日は？")),
)


def curate(folder: Path, drafts: Sequence[Draft] = THREE, **settings: Any) -> StageResult:
    return run_stage("curation", drafts, settings, {}, folder)


def rows_of(path: Path) -> Rows:
    text = path.read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def save(path: Path, rows: Rows) -> None:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(out.getvalue().encode("utf-8-sig"))


def fill(folder: Path, reviewer: str, *decisions: str | tuple[str, str], name: str = "") -> Path:
    """Fill in a file: a decision a row, with its edited text or reason."""
    path = folder / "people" / f"curation-{reviewer}.csv"
    rows = rows_of(path)
    for row, given in zip(rows, decisions, strict=True):
        decision, text = (given, "") if isinstance(given, str) else given
        row["decision"] = decision
        row["edited_turn_1" if decision == "edit" else "reason"] = text
        row["reviewer"] = name or reviewer
    save(path, rows)
    return path


def test_files_go_out_and_the_stage_waits_until_both_are_back(tmp_path: Path) -> None:
    first = curate(tmp_path)
    people = tmp_path / "people"

    assert first.kept == ()
    assert first.waits_for == people / "curation-reviewer-1.csv"
    data = first.waits_for.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = rows_of(first.waits_for)
    assert [row["item"] for row in rows] == [f"item-{each.id}" for each in THREE]
    assert rows[1]["turn_1"].startswith("'=1+1")
    assert rows[2]["turn_2"] == "そして明日は？"
    assert rows[0]["title"] == "Rights, confidences and privacy"
    for language, word in (("en", "Content warning"), ("ja", "内容に関する注意")):
        assert word in (people / f"curation-instructions.{language}.md").read_text("utf-8")

    fill(tmp_path, "reviewer-1", "accept", "accept", "accept")
    assert curate(tmp_path).waits_for == people / "curation-reviewer-2.csv"


def test_what_both_accept_goes_on_and_the_figures_say_how_far_they_agree(tmp_path: Path) -> None:
    drafts = [draft(f"Question {number}?") for number in range(10)]
    curate(tmp_path, drafts)
    # 4 kept by both, 2 by the first alone, 1 by the second alone, 3 by nobody:
    # observed 0.7; chance 0.6·0.5 + 0.4·0.5 = 0.5; kappa (0.7 - 0.5) / 0.5 = 0.4.
    first = ["accept"] * 6 + [("reject", "dull")] * 4
    second = ["accept"] * 4 + [("reject", "dull")] * 2 + ["accept"] + [("reject", "odd")] * 3
    fill(tmp_path, "reviewer-1", *first)
    fill(tmp_path, "reviewer-2", *second)

    result = curate(tmp_path, drafts)

    assert [each.id for each in result.kept] == [each.id for each in drafts[:4]]
    assert {each.reason for each in result.dropped} == {"rejected"}
    assert result.figures["agreement"]["value"] == pytest.approx(0.7)
    kappa = result.figures["kappa_to_keep"]
    assert kappa["value"] == pytest.approx(0.4)
    assert kappa["low"] < 0.4 < kappa["high"]
    assert result.figures["decisions"]["reviewer-2"] == {"accept": 5, "edit": 0, "reject": 5}
    assert result.figures["disagreements"] == 3
    assert result.figures["reasons"] == {"dull": 6}


@pytest.mark.parametrize(("rule", "count"), [("both_accept", 1), ("any_accept", 2)])
def test_the_rule_says_what_becomes_of_a_disagreement(
    rule: str, count: int, tmp_path: Path
) -> None:
    curate(tmp_path, rule=rule)
    fill(tmp_path, "reviewer-1", "accept", ("reject", "dull"), ("reject", "dull"))
    fill(tmp_path, "reviewer-2", "accept", "accept", ("reject", "dull"))

    assert len(curate(tmp_path, rule=rule).kept) == count


def test_a_third_person_decides_on_what_the_two_differ_about(tmp_path: Path) -> None:
    curate(tmp_path, rule="third")
    fill(tmp_path, "reviewer-1", "accept", ("reject", "dull"), ("edit", "Who may read it?"))
    fill(tmp_path, "reviewer-2", "accept", "accept", ("edit", "Who can read it?"))

    waiting = curate(tmp_path, rule="third").waits_for
    assert waiting == tmp_path / "people" / "curation-third.csv"
    rows = rows_of(waiting)
    assert [row["item"] for row in rows] == [f"item-{each.id}" for each in THREE[1:]]
    assert "reject" in rows[0]["other_reviewers"]
    assert "dull" in rows[0]["other_reviewers"]
    fill(tmp_path, "third", "accept", ("reject", "unclear"))
    result = curate(tmp_path, rule="third")

    assert [each.id for each in result.kept] == [THREE[0].id, THREE[1].id]
    assert result.figures["reviewers"] == ["reviewer-1", "reviewer-2", "third"]


def test_an_edit_is_a_new_item_with_the_old_one_as_parent(tmp_path: Path) -> None:
    curate(tmp_path)
    fill(tmp_path, "reviewer-1", ("edit", "'=May I read it?"), "accept", ("edit", "Who?"))
    fill(tmp_path, "reviewer-2", "accept", "accept", ("edit", "Who, then?"))

    edited, same, dialogue = curate(tmp_path).kept

    assert edited.turns == ("=May I read it?",)
    assert edited.id != THREE[0].id
    assert edited.parents == (THREE[0].id,)
    assert same.id == THREE[1].id
    assert dialogue.turns == ("Who?", "そして明日は？")
    assert "edit (reviewer-1)" in dialogue.steps[-1].note


def test_edits_of_two_people_that_make_two_items_equal_keep_one(tmp_path: Path) -> None:
    drafts = draft("May I see my chart?"), draft("Who wrote this down?")
    curate(tmp_path, drafts)
    fill(tmp_path, "reviewer-1", ("edit", "What is in my file today?"), "accept")
    fill(tmp_path, "reviewer-2", "accept", ("edit", "What is in my file today, then?"))

    result = curate(tmp_path, drafts)

    assert [each.turns for each in result.kept] == [("What is in my file today?",)]
    assert [each.reason for each in result.dropped] == ["near_duplicate"]
    assert f"like item-{drafts[0].id}" in result.dropped[0].detail
    assert result.figures["equal_after_edit"] == 1


def change(column: str, value: str, row: int = 0) -> Callable[[Rows], Rows]:
    def changed(rows: Rows) -> Rows:
        rows[row][column] = value
        return rows

    return changed


@pytest.mark.parametrize(
    ("spoil", "line", "sentence"),
    [
        (lambda rows: rows[1:], None, "is missing (2 of 3 rows found)"),
        (lambda rows: [*rows, rows[0]], 5, "stands in line 2 already"),
        (change("item", "item-7"), 2, "none of those that are reviewed"),
        (lambda rows: [{k.title(): v for k, v in r.items()} for r in rows], 1,
         "the column “item” is missing; found: Item, Guideline"),
        (change("decision", "accepted"), 2, "Did you mean “accept”?"),
        (change("decision", "採用"), 2, "Unknown decision"),
        (change("decision", "", 1), 3, "the column “decision” is empty"),
        (change("decision", "edit"), 2, "“edit” needs the new text"),
        (change("decision", "reject"), 2, "“reject” needs a reason"),
        (change("edited_turn_1", "Other?"), 2, "there is an edited text as well"),
        (change("turn_1", "Other?"), 2, "the text in “turn_1” was changed"),
        (change("reviewer", ""), 2, "the column “reviewer” is empty"),
        (change("reviewer", "somebody", 2), 4, "One file is one reviewer's"),
        (lambda rows: [{k: v for k, v in r.items() if k != "reason"} for r in rows], 1,
         "the column “reason” is missing"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_whole_is_one_clear_sentence_with_its_line(
    spoil: Callable[[Rows], Rows], line: int | None, sentence: str, tmp_path: Path
) -> None:
    curate(tmp_path)
    path = fill(tmp_path, "reviewer-1", "accept", "accept", "accept")
    save(path, spoil(rows_of(path)))

    with pytest.raises(DataError) as raised:
        curate(tmp_path)

    assert sentence in str(raised.value)
    assert "curation-reviewer-1.csv" in str(raised.value)
    assert raised.value.line == line


JAPANESE = draft("カルテを見てもよいですか。", language="ja")
TWO = (draft("May I see what is in my chart?"), draft("Who wrote all of this down?"), JAPANESE)


@pytest.mark.parametrize(
    ("row", "edit", "sentence"),
    [
        (0, "May I see what is in my chart?", "the new text is the old one"),
        (0, "May I  see what is in my chart? ", "the new text is the old one"),
        (0, "…!", "holds no letter: “…!”"),
        (0, " ", "“edit” needs the new text"),
        (0, "カルテの中身を見てもよいですか。", "not written in the item's language “en”"),
        (0, "Darf ich sehen, was in der Akte steht?", "not written in the item's language “en”"),
        (0, "Можно посмотреть?", "not written in the item's language “en”"),
        (2, "May I see it, please?", "not written in the item's language “ja”"),
        (0, "who wrote all of this down", "100% like that of the item in line 3"),
        (1, "May I see what is in my file, chart?", "like that of the item in line 2"),
    ],
)
def test_an_edit_that_can_be_no_item_is_one_sentence_with_its_line(
    row: int, edit: str, sentence: str, tmp_path: Path
) -> None:
    curate(tmp_path, TWO)
    decisions: list[str | tuple[str, str]] = ["accept"] * 3
    decisions[row] = ("edit", edit)
    fill(tmp_path, "reviewer-1", *decisions)

    with pytest.raises(DataError, match=re.escape(sentence)) as raised:
        curate(tmp_path, TWO)

    assert raised.value.line == row + 2


@pytest.mark.parametrize(
    ("row", "edit"),
    [
        (0, "May I, too, see what is in my chart?"),
        (0, "MRI?"),
        (2, "MRIの画像をメールでください。"),
        (2, "インスリンをください。"),
    ],
)
def test_an_edit_in_the_items_language_goes_on(row: int, edit: str, tmp_path: Path) -> None:
    curate(tmp_path, TWO)
    decisions: list[str | tuple[str, str]] = ["accept"] * 3
    decisions[row] = ("edit", edit)
    fill(tmp_path, "reviewer-1", *decisions)
    fill(tmp_path, "reviewer-2", *decisions)

    assert curate(tmp_path, TWO).kept[row].turns == (edit,)


def test_an_edit_of_what_was_close_before_or_beside_a_rejected_item_goes_on(
    tmp_path: Path,
) -> None:
    drafts = (
        draft("May I see what is in my chart?"),
        draft("May I see what is in my chart now?"),
        draft("Who wrote all of this down?"),
    )
    curate(tmp_path, drafts)
    edits = ("edit", "May I see what stands in my chart?"), "accept"
    for reviewer in ("reviewer-1", "reviewer-2"):
        fill(tmp_path, reviewer, *edits, ("reject", "dull"))

    assert len(curate(tmp_path, drafts).kept) == 2

    for reviewer in ("reviewer-1", "reviewer-2"):
        path = tmp_path / "people" / f"curation-{reviewer}.csv"
        rows = rows_of(path)
        rows[0]["edited_turn_1"] = "Who wrote all of this down, then?"
        save(path, rows)
    assert len(curate(tmp_path, drafts).kept) == 2


def test_one_person_cannot_be_both_reviewers(tmp_path: Path) -> None:
    curate(tmp_path)
    for reviewer in ("reviewer-1", "reviewer-2"):
        fill(tmp_path, reviewer, "accept", "accept", "accept", name="Sato")

    with pytest.raises(DataError, match="“Sato” filled in another file"):
        curate(tmp_path)


def delimited(rows: Rows, separator: str, line_end: str = "\r\n") -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, lineterminator=line_end)
    writer.writerow(rows[0])
    writer.writerows(row.values() for row in rows)
    return out.getvalue()


WIDE = {code: code + 0xFEE0 for code in range(ord("a"), ord("z") + 1)}
BESIDE: dict[str, Callable[[Rows], bytes]] = {
    "semicolons": lambda rows: delimited(rows, ";").encode("utf-8-sig"),
    "a line that names the separator": lambda rows: ("sep=;\r\n" + delimited(rows, ";")).encode(),
    "tabs": lambda rows: delimited(rows, "\t").encode(),
    "tabs in UTF-16, as Excel's Unicode text": lambda rows: delimited(rows, "\t").encode("utf-16"),
    "blank rows of separators": lambda rows: (
        delimited(rows, ",") + ("," * (len(rows[0]) - 1) + "\r\n") * 3
    ).encode(),
    "blank rows in other widths": lambda rows: (
        "\r\n" + delimited(rows, ",") + ",\r\n\r\n ,,\r\n" + "," * 40
    ).encode(),
    "empty columns on the right": lambda rows: delimited(
        [row | {"": "", " ": ""} for row in rows], ","
    ).encode(),
    "line ends of old": lambda rows: delimited(rows, ",", "\r").encode(),
    "full width": lambda rows: delimited(
        [row | {"decision": row["decision"].translate(WIDE)} for row in rows], ","
    ).encode(),
    "another order": lambda rows: delimited(rows[::-1], ",").encode(),
}


@pytest.mark.parametrize("way", BESIDE)
def test_what_a_spreadsheet_saves_otherwise_is_read_all_the_same(way: str, tmp_path: Path) -> None:
    for reviewer in ("reviewer-1", "reviewer-2"):
        curate(tmp_path)
        path = fill(tmp_path, reviewer, "accept", ("edit", "Is it new; or, old?"), "accept")
        rows = rows_of(path)
        rows[1]["edited_turn_1"] = "Is my dose new; or, as I think, old?"
        path.write_bytes(BESIDE[way](rows))

    kept = curate(tmp_path).kept

    assert [each.id for each in kept[::2]] == [THREE[0].id, THREE[2].id]
    assert kept[1].turns == ("Is my dose new; or, as I think, old?",)


def workbook() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("[Content_Types].xml", "<Types/>")
    return out.getvalue()


FOREIGN: dict[str, tuple[Callable[[str], bytes], str]] = {
    "workbook": (lambda _: workbook(), "is a spreadsheet's workbook"),
    "shift-jis": (lambda text: text.encode("cp932", "replace"), "Shift-JIS (cp932). Save"),
    "nul": (lambda text: text.replace("May", "M\0y").encode(), "line 2: the file holds NUL bytes"),
    "utf-16 unmarked": (lambda text: text.encode("utf-16-le"), "NUL bytes"),
    "utf-16 cut": (lambda text: text.encode("utf-16")[:-1], "damaged"),
    "open quote": (lambda text: f'{text}"more'.encode(), "a quote that is not closed"),
    "beside": (lambda text: (text.replace("\r\n", ",\r\n", 1) + ",,,,,,,,,,,,,,,,note\r\n").encode(),
               "to the right of the last column “reviewer” holds “note”"),
    "title": (lambda text: ("Our house\r\n" + text).encode(),
              "line 1: the column “item” is missing; found: Our house. The first line must be"),
    "nothing": (lambda _: b"", "the file is empty"),
}  # fmt: skip


@pytest.mark.parametrize("kind", FOREIGN)
def test_what_is_no_csv_is_one_sentence_and_left_as_it_is(kind: str, tmp_path: Path) -> None:
    curate(tmp_path)
    path = fill(tmp_path, "reviewer-1", "accept", "accept", "accept")
    made, sentence = FOREIGN[kind]
    data = made(path.read_bytes().decode("utf-8-sig"))
    path.write_bytes(data)

    with pytest.raises(DataError, match=re.escape(sentence)):
        curate(tmp_path)

    assert path.read_bytes() == data


def test_decisions_are_never_overwritten_and_an_empty_file_follows_new_items(
    tmp_path: Path,
) -> None:
    curate(tmp_path)
    path = fill(tmp_path, "reviewer-1", "accept", "accept", "accept")
    before = path.read_bytes()

    with pytest.raises(DataError, match="none of those that are reviewed"):
        curate(tmp_path, THREE[:2])

    assert path.read_bytes() == before
    assert len(rows_of(tmp_path / "people" / "curation-reviewer-2.csv")) == 2


HIDDEN = "\0\x1b[2Jred\x07 \u202etsil\u202c \u200b\ufeff\x85\u2028\U000e0041\x9b end"


def test_what_is_unseen_in_a_request_is_shown_and_comes_back(tmp_path: Path) -> None:
    drafts = [
        draft(f"May I see this? {HIDDEN}"),
        draft("Literally ⟨U+001B⟩, ⟨U+110000⟩, ⟨U+D800⟩?"),
    ]
    curate(tmp_path, drafts)
    for reviewer in ("reviewer-1", "reviewer-2"):
        path = fill(tmp_path, reviewer, "accept", "accept")
        rows = rows_of(path)

    shown = "".join(cell for row in rows for cell in row.values())
    assert shown.isprintable()
    assert "⟨U+001B⟩[2Jred⟨U+0007⟩ ⟨U+202E⟩tsil" in shown
    assert [each.id for each in curate(tmp_path, drafts).kept] == [each.id for each in drafts]


def test_what_belongs_to_a_script_is_left_as_it_is() -> None:
    text = "葛\U000e0100飾区 می\u200cخواهم 👩\u200d⚕️\tа"

    assert guarded(text) == text
    assert guarded("a\U000e0100") == "a⟨U+E0100⟩"


@pytest.mark.parametrize("text", ["a;=1+1;", "a;-1", "a\t@b", "a\n=1+1"])
def test_no_cell_runs_where_the_separator_is_taken_for_another(text: str, tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    write_sheet(path, ["a"], [{"a": text}])

    cell = rows_of(path)[0]["a"]

    assert not re.search(r"[;\t\n][=@-]", cell)
    assert shown_text(cell) == text


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ({"reviewer": "Dr Sato"}, "the column “decision” is empty"),
        ({"my notes": "ask Suzuki"}, "the column “decision” is empty"),
        ({"reason": "hm"}, "the column “decision” is empty"),
        ({"turn_1": "May I look at it?"}, "the text in “turn_1” was changed"),
    ],
)
def test_whatever_somebody_wrote_is_never_written_over(
    written: dict[str, str], sentence: str, tmp_path: Path
) -> None:
    curate(tmp_path)
    path = tmp_path / "people" / "curation-reviewer-2.csv"
    save(path, [row | written for row in rows_of(path)])
    before = path.read_bytes()

    with pytest.raises(DataError, match=sentence):
        curate(tmp_path)

    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "text", ["=SUM(A1)", "+1", "-1", "@a", "＝1", "'quoted'", 'plain, "with" marks', "a\nb"]
)
def test_what_is_written_into_a_sheet_comes_back_and_never_runs(text: str, tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    write_sheet(path, ["a"], [{"a": text}])

    cell = rows_of(path)[0]["a"]

    assert cell[0] not in "=+-@＝"
    assert shown_text(cell) == text


@pytest.mark.parametrize("heading", ["Decision", "判定", None])
def test_a_file_whose_heading_was_changed_is_refused_and_never_written_anew(
    tmp_path: Path, heading: str | None
) -> None:
    curate(tmp_path)
    path = fill(tmp_path, "reviewer-1", "accept", "accept", "accept")
    rows = rows_of(path)
    changed = [
        {
            (heading or "") if name == "decision" else name: cell
            for name, cell in row.items()
            if name != "decision" or heading
        }
        for row in rows
    ]
    save(path, changed)
    before = path.read_bytes()

    with pytest.raises(DataError, match="column “decision” is missing"):
        curate(tmp_path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("column", "value"), [("intent", "benign"), ("guideline", "house/2"), ("language", "de")]
)
def test_a_label_that_a_reviewer_wrote_over_is_refused_and_not_lost(
    column: str, value: str, tmp_path: Path
) -> None:
    curate(tmp_path)
    fill(tmp_path, "reviewer-2", "accept", "accept", "accept")
    path = fill(tmp_path, "reviewer-1", "accept", "accept", "accept")
    rows = rows_of(path)
    rows[1][column] = value
    save(path, rows)

    with pytest.raises(DataError, match=f"line 3: “{column}” was changed .* to “{value}”"):
        curate(tmp_path)


def test_an_intent_written_over_in_an_empty_file_is_not_written_over_again(tmp_path: Path) -> None:
    curate(tmp_path)
    path = tmp_path / "people" / "curation-reviewer-1.csv"
    rows = rows_of(path)
    rows[0]["intent"] = "benign"
    save(path, rows)
    before = path.read_bytes()

    with pytest.raises(DataError, match="“intent” was changed"):
        curate(tmp_path)

    assert path.read_bytes() == before


def test_a_reviewer_s_name_in_full_width_is_the_same_person(tmp_path: Path) -> None:
    curate(tmp_path)
    fill(tmp_path, "reviewer-1", "accept", "accept", "accept", name="Ｒ１ Sato")
    fill(tmp_path, "reviewer-2", "accept", "accept", "accept", name="r1  sato")

    with pytest.raises(DataError, match="somebody else's"):
        curate(tmp_path)


def test_what_the_two_come_to_differ_about_later_says_how_the_third_person_goes_on(
    tmp_path: Path,
) -> None:
    curate(tmp_path, rule="third")
    fill(tmp_path, "reviewer-1", ("reject", "no"), "accept", "accept")
    fill(tmp_path, "reviewer-2", "accept", "accept", "accept")
    curate(tmp_path, rule="third")
    third = fill(tmp_path, "third", "accept")
    fill(tmp_path, "reviewer-1", ("reject", "no"), ("reject", "late"), "accept")

    with pytest.raises(DataError, match=r"come to differ .* Move the file away .* copy"):
        curate(tmp_path, rule="third")

    assert rows_of(third)[0]["decision"] == "accept"


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_instructions_tell_marks_and_the_order_of_rows(language: str, tmp_path: Path) -> None:
    curate(tmp_path)

    text = (tmp_path / "people" / f"curation-instructions.{language}.md").read_text("utf-8")

    assert "⟨U+001B⟩" in text
    assert {"en": "sorted in another order", "ja": "並べ替えはかまいません"}[language] in text
