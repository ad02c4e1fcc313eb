"""Primitives without OS calls: time, slots, errors, sentences; imports nothing of the project."""
