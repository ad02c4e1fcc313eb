"""Networks and their files: no threads, no camera, no OpenGL."""
