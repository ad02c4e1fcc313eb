"""Evaluation of a generator."""
