"""Keras 3 networks and their files: no threads, no camera, no OpenGL."""
