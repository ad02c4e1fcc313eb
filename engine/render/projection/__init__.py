"""Projection mapping and calibration."""
