"""Projection mapping, and its calibration."""
