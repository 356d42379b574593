"""The stages that ship, one module each; ``primum.generation.catalogue`` finds them here."""
