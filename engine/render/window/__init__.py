"""The window, displays, and keys."""
