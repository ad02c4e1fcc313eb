"""Derived forms of the generator: folded, previews, trunk."""
