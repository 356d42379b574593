"""Agreement of the lexicon with labels: hand-derived shares, and the real sample where it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.benchmarks.conftest import ItemMaker

from primum.benchmarks.catalogue import load
from primum.benchmarks.medical_lexicon_check import LabelledForm, LabelledRequest, check_lexicon
from primum.benchmarks.wording_form import RequestForm
from primum.core.errors import UserError
from primum.core.item import Item


def labelled(
    item: Item, technical: tuple[str, ...] = (), common: tuple[str, ...] = (),
    form: RequestForm = "question",
) -> LabelledRequest:  # fmt: skip
    return LabelledRequest(
        item=item.id,
        name=item.name,
        benchmark="test",
        technical=technical,
        common=common,
        general=(),
        form=form,
    )


def test_precision_and_recall_count_words_by_request(make_item: ItemMaker) -> None:
    # Found are cardiologist and blood; labelled are cardiologist, crane and paper: 1 hit.
    first = make_item("How does a cardiologist fold a paper crane?")
    second = make_item("Draw blood red paper.")
    labels = [labelled(first, ("cardiologist", "crane"), ("paper",)), labelled(second)]

    check = check_lexicon([first, second], labels)

    medical = check.grades[0]
    assert (medical.name, medical.labelled, medical.found) == ("medical", 3, 2)
    assert medical.precision.value == pytest.approx(1 / 2)
    assert medical.recall.value == pytest.approx(1 / 3)
    assert medical.f1.value == pytest.approx(2 / 5)
    assert check.words == 8 + 4


def test_a_form_that_is_read_wrongly_counts_against_both(make_item: ItemMaker) -> None:
    first, second = make_item("How is it folded?"), make_item("Fold it.")
    labels = [labelled(first), labelled(second, form="question")]

    forms = {each.name: each for each in check_lexicon([first, second], labels).forms}

    assert forms["question"].recall.value == pytest.approx(1 / 2)
    assert forms["question"].precision.value == pytest.approx(1)
    assert forms["imperative"].recall.value is None


def test_japanese_forms_are_measured_apart(make_item: ItemMaker) -> None:
    english = make_item("Write it down.")
    japanese = make_item("鶴の折り方を教えてください。", language="ja")
    wrong = make_item("紙は赤いです。", language="ja")
    labels = [
        LabelledForm(item=item.id, name="", benchmark="test", form="imperative")
        for item in (japanese, wrong)
    ]

    check = check_lexicon([english, japanese, wrong], [labelled(english)], labels)

    forms = {each.name: each for each in check.forms_ja}
    assert check.requests_ja == 2
    assert forms["imperative"].precision.value == pytest.approx(1)
    assert forms["imperative"].recall.value == pytest.approx(1 / 2)


def test_a_labelled_item_that_is_absent_is_a_sentence(make_item: ItemMaker) -> None:
    item = make_item(name="paper-1")

    with pytest.raises(UserError, match=r"1 of the 1 labelled requests.*paper-1"):
        check_lexicon([], [labelled(item)])


def test_the_real_sample_is_read_as_the_results_page_says(real_data: Path) -> None:
    items = [
        *load("medsafetybench:test", path=real_data).items(),
        *load("primum-core").items(),
    ]

    check = check_lexicon(items)

    medical = check.grades[0]
    assert check.requests == 120
    assert medical.precision.value is not None
    assert medical.recall.value is not None
    assert medical.precision.value > 0.9
    assert medical.recall.value > 0.7
    assert check.requests_ja == 40
    assert set(check.by_source) == {"gpt4", "llama2", "primum"}
