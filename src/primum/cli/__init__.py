"""Thin verbs that wire the rooms together."""
