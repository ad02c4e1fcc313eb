"""The main thread: from a reflection to the wall. Owns the OpenGL context; knows nothing of networks."""
