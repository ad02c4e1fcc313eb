"""Readers of foreign model files, outside the show."""
