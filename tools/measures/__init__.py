"""Measures of a generator that need no downloaded weights: arrays in, numbers out. They know no file and no network."""
