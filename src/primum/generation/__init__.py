"""From guidelines to a benchmark: requests, filters, strategies, dialogues, attacks."""
