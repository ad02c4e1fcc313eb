"""Shaders in other programs' dialects: what they are translated with, and what they are given to draw from."""
