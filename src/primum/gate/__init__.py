"""Pass, fail or undecided: a policy file against finished runs, or against one that is running."""
