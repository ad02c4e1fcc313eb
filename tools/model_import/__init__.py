"""Readers of foreign model files: leave the show entirely."""
