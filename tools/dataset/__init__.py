"""Portrait sets."""
