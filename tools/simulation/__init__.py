"""Simulated visits on a manual clock."""
