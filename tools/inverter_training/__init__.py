"""Fitting an inverter."""
