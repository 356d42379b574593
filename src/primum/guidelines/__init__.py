"""Guideline sets as data, and their loader; users bring their own set as a file."""
