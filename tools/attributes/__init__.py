"""Training of the small network that reads age and gender: faces, network, calibration, report."""
