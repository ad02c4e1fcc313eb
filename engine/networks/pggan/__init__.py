"""The published network and its weight files."""
