"""Maintainers' commands that generate assets and documentation."""
