"""Conversations in, ledger rows out; it knows neither protocols nor strategies."""
