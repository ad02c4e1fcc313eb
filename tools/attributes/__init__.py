"""Training of the small age and gender network: faces, network, calibration, report."""
