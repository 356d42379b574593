"""The one store: every model call, judgement and run, keyed by content."""
