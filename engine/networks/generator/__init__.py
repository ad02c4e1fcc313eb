"""Derived forms of the generator: folded layers, previews, trunk."""
