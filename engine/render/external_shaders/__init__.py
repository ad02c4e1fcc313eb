"""Shaders in other programs' dialects: their translation, and their inputs."""
