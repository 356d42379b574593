"""Judges: rubrics as files, LLM judges, the lexical refusal screen, strict verdict parsing."""
