"""The reflection thread and its steps: from a picture to a reflection. NumPy in, NumPy out; knows no OpenGL."""
