"""What a contrast subtracts from what, in a few words."""

from __future__ import annotations

from primum.core.study import StudyContrast
from primum.reporting.study_words import StudyWords
from primum.reporting.visible import brief


def title_of(one: StudyContrast, words: StudyWords) -> str:
    """The name of a declared contrast; what an exploratory one compares, which has no own name."""
    if one.is_declared:
        return brief(one.name, 90)
    if one.kind == "pairs" and one.first and one.second:
        return f"{words.model(one.second)} − {words.model(one.first)}"
    return comparison(one, words)


def comparison(one: StudyContrast, words: StudyWords) -> str:
    """What is subtracted from what, in a few words."""
    levels = [words.level(one.across, level) for level in one.levels] or ["", ""]
    sides = {
        "first": words.label(one.factor, one.first) or words.text("base"),
        "second": words.label(one.factor, one.second) or words.text("tuned"),
        "factor": words.factor(one.factor),
        "across": words.factor(one.across),
        "low": levels[0],
        "high": levels[-1],
    }
    text = words.text(f"compares_{one.kind}", **sides)
    if not one.where:
        return text
    only = [words.level(dimension, level) for dimension, level in one.where.items()]
    return words.text("compares_only", what=text, which=words.catalogue.listed(*only))
