"""The operator's overlay, and text."""
