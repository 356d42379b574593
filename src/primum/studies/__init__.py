"""Designs that span runs: many models, groups of them, people, and what tells them apart."""
