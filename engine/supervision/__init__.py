"""Keeping the show running: what counts as alive, when it is started again, and the parent process that does it."""
