"""The presets in the shape of the papers' studies mean what they say; nothing is asked here."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from primum.core.item import Item
from primum.evaluation.judge_choice import judges_of
from primum.evaluation.metric import rules_for
from primum.evaluation.protocol import Protocol, load_protocol
from primum.evaluation.request import EvaluationRequest
from primum.guidelines.catalogue import load_sets
from primum.models.registry import resolve
from primum.studies.contrasts_question import ModelPair
from primum.studies.design import part_name
from primum.studies.design_check import matches
from primum.studies.reading import list_presets, read_study
from primum.studies.study_file import ContrastSettings, StudyFile
from primum.studies.study_plan import make_study_plan
from primum.testing.published import write_published

PAPERS = ("mediphi", "medsafetybench", "jmedethicbench")


def _item(**labels: str) -> Item:
    settings = {"language": "en", "perspective": "patient", "intent": "harmful"} | labels
    return Item(("?",), guidelines=("ama-2001/1",), source="", **settings)  # type: ignore[arg-type]


def _classes(study: StudyFile) -> Counter[str]:
    return Counter(model.class_ for model in study.models)


def _pairs(study: StudyFile, contrast: ContrastSettings) -> set[ModelPair]:
    taken = {model.name: model for model in study.models if matches(model, contrast.models)}
    return {ModelPair(model.base, model.name) for model in taken.values() if model.base in taken}


def _declared(study: StudyFile, name: str) -> ContrastSettings:
    return next(contrast for contrast in study.contrasts if contrast.name == name)


def test_the_three_papers_have_a_preset() -> None:
    assert set(PAPERS) <= set(list_presets())


@pytest.mark.parametrize("name", PAPERS)
def test_every_model_of_a_preset_can_be_resolved_and_says_where_it_can_be_had(name: str) -> None:
    for model in read_study(name).models:
        assert resolve(model.model, base_url=model.base_url).name == model.model
        assert model.source
        assert model.class_


@pytest.mark.parametrize("name", PAPERS)
def test_every_measure_of_a_preset_is_one_that_the_protocols_judges_yield(name: str) -> None:
    study = read_study(name)
    protocols = {part_name(part): load_protocol(part.protocol) for part in study.parts}

    for contrast in study.contrasts:
        asked = [protocols[contrast.protocol]] if contrast.protocol else protocols.values()
        key = contrast.measure.partition("|")[0]
        assert not key or any(key in _measures(protocol) for protocol in asked), contrast.name


def _measures(protocol: Protocol) -> set[str]:
    request = EvaluationRequest(protocol=protocol.id, judge_models=("embedded",))
    return {
        rule.key
        for judge in judges_of(request, protocol, load_sets(()))
        for rule in rules_for(judge.scale, protocol.summary, multi_turn=True)
    }


def test_mediphi_has_the_papers_models_and_four_same_base_families() -> None:
    study = read_study("mediphi")

    assert _classes(study) == {"general": 3, "medical": 9, "commercial": 3}
    assert _pairs(study, _declared(study, "Phi-3.5 to MediPhi-Instruct, patient view")) == {
        ("phi-3.5", "mediphi-instruct")
    }
    assert len(_pairs(study, _declared(study, "Phi-3.5 to its merges, clinician view"))) == 6
    assert _pairs(study, _declared(study, "Gemma 3 to MedGemma, patient view")) == {
        ("gemma-3", "medgemma")
    }
    assert _pairs(study, _declared(study, "Llama 3 to Med42, patient view")) == {
        ("llama-3", "med42")
    }


def test_mediphi_judges_harm_from_two_views_and_refusal_and_groundedness_in_general() -> None:
    """One run has all that its contrasts across views need."""
    (part,) = read_study("mediphi").parts
    protocol = load_protocol(part.protocol)
    request = EvaluationRequest(protocol=protocol.id, judge_models=("embedded",))
    judges = judges_of(request, protocol, load_sets(()))

    def scales(item: Item) -> set[str]:
        return {judge.scale.name for judge in judges if judge.scope.covers(item)}

    assert scales(_item(perspective="patient")) == {"harmfulness"}
    assert scales(_item(perspective="clinician")) == {"harmfulness"}
    assert scales(_item(perspective="general")) == {"refusal"}


def test_medsafetybench_pairs_each_medical_and_aligned_model_with_its_base() -> None:
    study = read_study("medsafetybench")
    medical = _pairs(study, _declared(study, "base to medical model"))
    aligned = _pairs(study, _declared(study, "base to aligned model"))

    assert _classes(study) == {"medical": 6, "general": 14, "aligned": 16}
    assert {pair.tuned for pair in medical} == {
        model.name for model in study.models if model.class_ == "medical"
    }
    assert ("llama-2-70b", "clinicalcamel-70b") in medical
    assert len(aligned) == 11
    assert ("llama-2-7b", "llama-2-7b-chat") in aligned
    assert not {pair.tuned for pair in medical} & {pair.tuned for pair in aligned}


def test_medsafetybench_compares_sizes_among_models_of_one_class_only() -> None:
    """A base and its chat version have one size; together they would blur the slope."""
    doses = [each for each in read_study("medsafetybench").contrasts if each.kind == "dose"]

    assert [each.models for each in doses] == [
        {"class": "general"},
        {"class": "aligned"},
        {"class": "medical"},
    ]


def test_jmedethicbench_has_22_models_and_the_two_same_base_pairs() -> None:
    study = read_study("jmedethicbench")

    assert _classes(study) == {"commercial": 8, "open": 8, "medical": 6}
    assert {(model.base, model.name) for model in study.models if model.base} == {
        ("qwen3-8b", "ii-medical-8b"),
        ("qwen3-32b", "ii-medical-32b-preview"),
    }
    for contrast in (each for each in study.contrasts if each.kind == "pairs"):
        assert len(_pairs(study, contrast)) == 1


def test_jmedethicbench_asks_english_of_the_medical_models_and_their_two_bases_only() -> None:
    study = read_study("jmedethicbench")
    both = [model for model in study.models if not model.protocols]

    assert load_protocol("jmedethicbench").select.language == ("ja",)
    assert not load_protocol("jmedethicbench-twin").select.language
    assert Counter(model.class_ for model in both) == {"medical": 6, "open": 2}
    within = next(each for each in study.contrasts if each.kind == "within")
    assert within.levels == ("ja", "en")
    assert within.protocol == "languages"


def test_jmedethicbench_is_planned_whole_where_its_data_lie(tmp_path: Path) -> None:
    """Levels, measures and sides of its contrasts hold for items of the published form."""
    data = write_published(tmp_path / "jmedethicbench", "jmedethicbench")

    plan = make_study_plan(read_study("jmedethicbench"), data=(f"jmedethicbench={data}",))

    assert len(plan.runs) == 22 + 8
