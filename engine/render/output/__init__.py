"""Outputs: films, snapshots, and other programs."""
