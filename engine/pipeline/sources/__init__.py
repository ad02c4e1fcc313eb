"""Cameras, files, self."""
