"""How far, how dim and how fast the mirror sees: pictures with known faces, and pictures without any."""
