"""Evaluation of inverters."""
