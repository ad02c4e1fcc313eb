"""Films and other programs."""
