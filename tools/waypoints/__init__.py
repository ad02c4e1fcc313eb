"""Choosing the faces between which the mirror walks while nobody is there."""
