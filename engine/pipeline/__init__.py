"""The background side: from a picture to a reflection. NumPy in, NumPy out; knows nothing of OpenGL."""
