"""Sessions: an evening as numbers (latents, features, scenes and times, never pixels), kept to be rendered again."""
