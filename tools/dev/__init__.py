"""Maintainers' generators of assets and docs."""
