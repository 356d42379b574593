"""The frozen values that every other room speaks in: each word of the story is one type here."""
