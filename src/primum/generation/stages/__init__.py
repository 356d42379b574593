"""The stages that ship; importing this package registers them."""

# Imported for what they register.
from primum.generation.stages import seeds

BUILT_IN = (seeds,)
