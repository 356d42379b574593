"""Pure numeric functions: intervals, paired tests, missing-data bounds, classification scores."""
