"""Items to evaluate on: the registry, the loaders of the published sets, our own, users' files."""
