"""Demographics of training data and drawn faces."""
