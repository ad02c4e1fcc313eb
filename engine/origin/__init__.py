"""Marks of origin: what leaves the room says that a trained network drew it, by which model and for which scenes."""
