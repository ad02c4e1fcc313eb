"""Evaluation of an inverter."""
