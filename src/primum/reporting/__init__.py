"""Tables, JSON, CSV and the one-file HTML report, in English and Japanese."""
