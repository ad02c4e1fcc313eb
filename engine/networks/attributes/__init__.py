"""Classifiers of age and gender."""
