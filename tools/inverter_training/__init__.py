"""Training of inverters."""
