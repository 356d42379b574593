"""``primum tune``: its own command tunes a model; further words show, merge, list."""

from __future__ import annotations

from primum.cli.tune_run import run_command
from primum.cli.word_group import Word, WordGroup

_WORDS = {
    "show": Word("tune_adapter", "show_command", "Show an adapter: base, data, settings, loss."),
    "merge": Word("tune_adapter", "merge_command", "Write base and adapter as one model."),
    "presets": Word("tune_presets", "presets_command", "List the presets, or print one."),
}

command = WordGroup("tune", run_command, "[FILE]", _WORDS)
