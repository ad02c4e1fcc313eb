"""Measurements of the mirror's sight: pictures with known faces, and pictures without any."""
