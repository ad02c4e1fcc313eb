"""Picture sources: cameras, files, self-view."""
