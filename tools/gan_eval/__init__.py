"""Evaluation of generators."""
