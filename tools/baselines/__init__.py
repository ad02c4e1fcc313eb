"""Baseline inverters for comparison with the shipped one: regressions, and those of the 2019 artwork."""
