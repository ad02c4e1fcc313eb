"""Window, displays, keys."""
