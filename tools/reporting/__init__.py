"""Cards, JSON, contact sheets."""
