"""``primum generate``: its own command runs a recipe; further words list, show and prepare."""

from __future__ import annotations

from primum.cli.generate_run import run_command
from primum.cli.word_group import Word, WordGroup

_WORDS = {
    "list": Word("generate_recipes", "list_command", "List the recipes that come with Primum."),
    "show": Word("generate_recipes", "show_command", "Print a recipe, to begin one of yours."),
    "stages": Word("generate_recipes", "stages_command", "List the stages and their settings."),
    "guidelines": Word(
        "generate_guidelines",
        "guidelines_command",
        "Draw guidelines from a document, for a person to review.",
    ),
    "translate": Word(
        "generate_translate", "translate_command", "Translate a finished benchmark, checked."
    ),
    "attack": Word(
        "generate_attack", "attack_command", "Attack a local model: GCG suffixes, begun answers."
    ),
    "strategies": Word(
        "generate_strategies", "strategies_command", "List, show and discover attack strategies."
    ),
    "review": Word(
        "generate_review", "review_command", "Have two people review a finished benchmark."
    ),
}

command = WordGroup("generate", run_command, "RECIPE", _WORDS)
