"""Portrait data sets."""
