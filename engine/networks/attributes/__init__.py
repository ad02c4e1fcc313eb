"""Age/gender classifiers."""
