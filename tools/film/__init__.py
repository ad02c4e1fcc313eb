"""Offline rendering of films."""
