"""Operating system and driver."""
