"""Everything that answers: HTTP endpoints, the embedded model, scripted and recorded answers."""
