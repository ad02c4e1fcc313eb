"""Age and gender classifiers."""
