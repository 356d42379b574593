"""``primum study``: its own command runs a study; further words list, show and check."""

from __future__ import annotations

from primum.cli.study_run import run_command
from primum.cli.word_group import Word, WordGroup

_WORDS = {
    "list": Word("study_presets", "list_presets_command", "List the presets."),
    "show": Word("study_presets", "show_command", "Print a preset's file, to begin one of yours."),
    "template": Word("study_template", "template_command", "Write forms that people answer."),
    "verify": Word("study_verify", "verify_command", "Check a study's files against the ledger."),
}

command = WordGroup("study", run_command, "FILE|PRESET", _WORDS)
