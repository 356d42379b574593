"""What a study file cannot mean: every contradiction in it as one sentence.

These checks need the file alone. What needs the items (levels, measures, answers) is checked in
``design_items``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from primum.core.errors import UnknownNameError, shorten
from primum.studies.design import labels_of, part_name
from primum.studies.file_id import id_fault
from primum.studies.respondents import is_person
from primum.studies.study_file import (
    ITEM_FACTORS,
    MODEL_FACTORS,
    ContrastSettings,
    ModelSettings,
    StudyFile,
)

ITEM_DIMENSIONS = (*ITEM_FACTORS, "guideline", "split")
"""What ``items`` of a contrast may narrow."""
_RESERVED = (*MODEL_FACTORS, *ITEM_DIMENSIONS, "name", "size")
_NEEDED: dict[str, tuple[str, ...]] = {
    "groups": ("factor", "first", "second"),
    "pairs": (),
    "interaction": ("factor", "first", "second", "across", "levels"),
    "within": ("across", "levels"),
    "dose": (),
}
_ALLOWED = {**_NEEDED, "dose": ("factor",)}
_TWO = 2
LONGEST_NAME = 120
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def first_fault(study: StudyFile) -> str | None:
    """The first thing that is wrong with the study, as a sentence; None if nothing is."""
    return next(faults(study), None)


def faults(study: StudyFile) -> Iterator[str]:
    """Everything that is wrong with the study; an earlier fault may cause later ones."""
    if fault := id_fault(study.id, "tuned-against-base"):
        yield fault
    names = [part_name(part) for part in study.parts]
    yield from _twice("parts ([[protocol]])", names, "Give one of them another name.")
    yield from _twice("models", [m.name for m in study.models], "Give one another name.")
    yield from _twice("contrasts", [c.name for c in study.contrasts], "Give one another name.")
    models = [one.name for one in study.models]
    yield from _name_faults([*names, *models, *(one.name for one in study.contrasts)])
    for part, name in zip(study.parts, names, strict=True):
        if isinstance(part.limit, int) and part.limit < 1:
            yield f"protocol “{name}”: the limit must be a positive number or “all”."
        if not any(_takes(model, name) for model in study.models):
            yield (
                f"no model takes the protocol “{shorten(name)}”. Leave it out, or name it under "
                "“protocols” of a model."
            )
    for model in study.models:
        yield from _model_faults(model, names)
    yield from _base_faults(study.models)
    yield from _factor_faults(study)
    for contrast in study.contrasts:
        for fault in _contrast_faults(contrast, study, names):
            yield f"contrast “{shorten(contrast.name)}”: {fault}"


def factor_values(factor: str, models: Iterable[ModelSettings]) -> list[str]:
    """The values of a label among the models, as the study first names them."""
    found = (labels_of(model).get(factor) for model in models)
    return list(dict.fromkeys(value for value in found if value))


def matches(model: ModelSettings, wanted: dict[str, str | tuple[str, ...]]) -> bool:
    """Whether the model is among those that a contrast is narrowed to."""
    labels = {**labels_of(model), "name": model.name}
    return all(
        labels.get(label, "") in ((values,) if isinstance(values, str) else values)
        for label, values in wanted.items()
    )


def _twice(what: str, names: Sequence[str], remedy: str) -> Iterator[str]:
    """Names that are equal, or that no reader could tell apart."""
    by_looks: dict[str, list[str]] = {}
    for name in names:
        looks = " ".join(unicodedata.normalize("NFKC", name).split()).casefold()
        by_looks.setdefault(looks, []).append(name)
    for alike in by_looks.values():
        if len(alike) > 1 and len(set(alike)) == 1:
            yield f"{len(alike)} {what} have the name “{shorten(alike[0])}”. {remedy}"
        elif len(alike) > 1:
            shown = " and ".join(f"“{shorten(name)}”" for name in dict.fromkeys(alike))
            yield f"{what} have names that look alike: {shown}. {remedy}"


def _name_faults(names: Iterable[str]) -> Iterator[str]:
    """Names that would be empty, endless or invisible in a table."""
    for name in names:
        is_hidden = any(unicodedata.category(character) in _HIDDEN for character in name)
        if not name.strip() or len(name) > LONGEST_NAME or is_hidden:
            yield (
                f"the name “{shorten(name)}” cannot stand in a table: it must hold something "
                f"visible, no line breaks or control characters, and {LONGEST_NAME} characters at "
                "most."
            )


def _model_faults(model: ModelSettings, parts: Sequence[str]) -> Iterator[str]:
    who = f"model “{shorten(model.name)}”"
    for name in model.protocols:
        if name not in parts:
            yield f"{who}: {UnknownNameError('protocol of this study', name, parts)}"
    if model.respondents and not is_person(model):
        yield (
            f"{who}: “respondents” belongs to an answers file (model = “answers:FILE”); found "
            f"“{shorten(model.model)}”."
        )
    for label in model.labels:
        if label in _RESERVED:
            yield (
                f"{who}: the label “{shorten(label)}” has a meaning of its own; choose another "
                "name, or use the key of that name."
            )


def _base_faults(models: Sequence[ModelSettings]) -> Iterator[str]:
    bases = {model.name: model.base for model in models}
    for model in models:
        who, base = f"model “{shorten(model.name)}”", model.base
        if not base:
            continue
        if base == model.name:
            yield f"{who} is named as its own base. Name the model that it was made from."
        elif base not in bases:
            yield (
                f"{who}: its base “{shorten(base)}” is not in the study. "
                f"{_known(bases)} Add the base as a [[model]], or leave “base” out."
            )
        elif _is_in_circle(model.name, bases):
            yield f"{who} stands in a circle of bases. A base is what was there before."


def _is_in_circle(name: str, bases: dict[str, str]) -> bool:
    step, seen = bases.get(name, ""), set[str]()
    while step and step not in seen:
        if step == name:
            return True
        seen.add(step)
        step = bases.get(step, "")
    return False


def _known(names: Iterable[str]) -> str:
    shown = [shorten(name) for name in names]
    return f"Known: {', '.join(shown[:20])}{', …' if len(shown) > 20 else ''}."


def _labels_used(study: StudyFile) -> list[str]:
    own = (label for model in study.models for label in model.labels)
    return list(dict.fromkeys((*MODEL_FACTORS, *own)))


def _factor_faults(study: StudyFile) -> Iterator[str]:
    labels = _labels_used(study)
    for factor in study.factors:
        if factor in ITEM_FACTORS:
            continue
        if factor not in labels:
            yield str(UnknownNameError("factor", factor, (*labels, *ITEM_FACTORS)))
        else:
            yield from _constant(factor, study.models, f"the factor “{factor}”")


def _constant(factor: str, models: Sequence[ModelSettings], what: str) -> Iterator[str]:
    values = factor_values(factor, models)
    if len(values) < _TWO:
        found = f"all have “{shorten(values[0])}”, or nothing" if values else "none has a value"
        yield (
            f"{what} never varies among the models ({found}). Give at least two values, or leave "
            "it out."
        )


def _contrast_faults(
    contrast: ContrastSettings, study: StudyFile, parts: Sequence[str]
) -> Iterator[str]:
    yield from _field_faults(contrast)
    if contrast.protocol and contrast.protocol not in parts:
        yield str(UnknownNameError("protocol of this study", contrast.protocol, parts))
    if contrast.across and contrast.across not in ITEM_DIMENSIONS:
        yield str(UnknownNameError("dimension of the items", contrast.across, ITEM_DIMENSIONS))
    for dimension in contrast.items:
        if dimension not in ITEM_DIMENSIONS:
            yield str(UnknownNameError("dimension of the items", dimension, ITEM_DIMENSIONS))
    yield from _filter_faults(contrast, study)
    chosen = [
        model
        for model in study.models
        if matches(model, contrast.models) and _takes(model, contrast.protocol)
    ]
    yield from _side_faults(contrast, study, chosen)


def _takes(model: ModelSettings, part: str) -> bool:
    return not part or not model.protocols or part in model.protocols


def _field_faults(contrast: ContrastSettings) -> Iterator[str]:
    kind = contrast.kind
    for name in ("factor", "first", "second", "across", "levels"):
        given = bool(getattr(contrast, name))
        if given and name not in _ALLOWED[kind]:
            yield f"“{name}” has no meaning for the kind “{kind}”. Leave it out."
        elif not given and name in _NEEDED[kind]:
            yield f"the kind “{kind}” needs “{name}”, which is missing."
    if contrast.levels and len(contrast.levels) != _TWO:
        yield (
            f"“levels” holds {len(contrast.levels)}; two were expected, the second minus the first."
        )
    for one, two, what in (
        (contrast.first, contrast.second, "“first” and “second” are"),
        (
            (*contrast.levels, "")[0],
            contrast.levels[-1:] and contrast.levels[-1],
            "both levels are",
        ),
    ):
        if one and one == two:
            yield f"{what} “{shorten(one)}”; a contrast is between two."


def _filter_faults(contrast: ContrastSettings, study: StudyFile) -> Iterator[str]:
    labels = (*_labels_used(study), "name")
    for label, wanted in contrast.models.items():
        if label not in labels:
            yield f"in “models”: {UnknownNameError('factor', label, labels)}"
            continue
        known = (
            [model.name for model in study.models]
            if label == "name"
            else factor_values(label, study.models)
        )
        for value in (wanted,) if isinstance(wanted, str) else wanted:
            if value not in known:
                shown = f"no model has {label} “{shorten(value)}”"
                yield f"in “models”: {shown}. {_known(known)}"


def _side_faults(
    contrast: ContrastSettings, study: StudyFile, chosen: Sequence[ModelSettings]
) -> Iterator[str]:
    if contrast.kind in ("groups", "interaction"):
        yield from _group_faults(contrast, study, chosen)
    elif contrast.kind == "pairs":
        names = {model.name for model in chosen if not is_person(model)}
        if not any(model.base in names for model in chosen if model.base):
            yield (
                "no model that it takes has a base that it takes, too, so there is no pair. Name "
                "the “base” of a model, or loosen “models”."
            )
    elif contrast.kind == "dose":
        yield from _dose_faults(contrast, chosen)
    elif not [model for model in chosen if contrast.models or not is_person(model)]:
        yield "no model is left. Loosen “models”, or name another protocol."


def _group_faults(
    contrast: ContrastSettings, study: StudyFile, chosen: Sequence[ModelSettings]
) -> Iterator[str]:
    factor = contrast.factor
    if factor in ITEM_DIMENSIONS:
        yield (
            f"“{factor}” is a property of the items, and groups are of models. The kind “within” "
            "compares items within each model."
        )
        return
    labels = _labels_used(study)
    if factor not in labels:
        yield str(UnknownNameError("factor", factor, labels))
        return
    values = factor_values(factor, chosen)
    for group in (contrast.first, contrast.second):
        if group not in values:
            yield (
                f"the group {factor} = “{shorten(group)}” is empty: no model that it takes has "
                f"that value. {_known(values) if values else 'None has any.'}"
            )


def _dose_faults(contrast: ContrastSettings, chosen: Sequence[ModelSettings]) -> Iterator[str]:
    factor = contrast.factor or "family"
    sizes: dict[str, set[float]] = {}
    for model in chosen:
        if model.size is not None:
            sizes.setdefault(labels_of(model).get(factor, ""), set()).add(model.size)
    if not any(len(found) >= _TWO for family, found in sizes.items() if family):
        yield (
            f"no {factor} has models of two sizes, so there is no dose. Give “size” (billions of "
            f"parameters) and “{factor}” to at least two models."
        )
