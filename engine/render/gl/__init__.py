"""OpenGL resources: programs, render targets, textures, uploads, read-back."""
