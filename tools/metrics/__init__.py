"""Metrics of generators and likeness, without downloaded weights: arrays in, numbers out. They know no files."""
