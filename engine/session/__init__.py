"""Sessions: a show as numbers (latents, features, scenes and times, never pixels), to be rendered again."""
