"""Models made safer: demonstrations, LoRA and preference tuning, and what may not be trained on."""
