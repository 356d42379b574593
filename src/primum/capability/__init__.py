"""Medical and general knowledge, by lm-evaluation-harness, into the ledger of all verdicts."""
