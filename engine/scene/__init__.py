"""Scenes: files, pass settings, expressions, states, transitions, library."""
