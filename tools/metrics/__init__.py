"""Measures of a generator and of a likeness, without downloaded weights: arrays in, numbers out. They know no file."""
