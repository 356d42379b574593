"""Protocol files and what a run of one means: items, target, judges, plan, summary."""
