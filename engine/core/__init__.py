"""Primitives: time, slots, errors, pacing, phrases. Imports nothing else of the project."""
