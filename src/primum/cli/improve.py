"""``primum improve``: its own command runs an improvement; further words list and show."""

from __future__ import annotations

from primum.cli.improve_run import run_command
from primum.cli.word_group import Word, WordGroup

_WORDS = {
    "list": Word("improve_presets", "list_presets_command", "List the presets."),
    "show": Word(
        "improve_presets", "show_command", "Print a preset's file, to begin one of yours."
    ),
}

command = WordGroup("improve", run_command, "FILE|PRESET", _WORDS)
