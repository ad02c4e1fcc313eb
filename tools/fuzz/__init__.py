"""Fuzzing of all files the mirror reads."""
