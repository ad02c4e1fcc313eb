"""The state of the person in front of the mirror, as scenes see it."""
