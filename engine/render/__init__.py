"""Rendering on the main thread: from a reflection to the wall. Owns the OpenGL context; knows nothing of networks."""

import os

# pygame and SDL read these when they are imported or opened: they must be set before every import of this package.
os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
os.environ.setdefault("SDL_VIDEO_MINIMIZE_ON_FOCUS_LOSS", "0")  # stay fullscreen when unfocused
