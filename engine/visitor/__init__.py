"""State of the visitor in front of the mirror, as scenes see it."""
