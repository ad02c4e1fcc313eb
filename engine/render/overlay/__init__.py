"""Operator overlay and text."""
