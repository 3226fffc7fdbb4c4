"""Runs the detectors on the access model, each one apart from the others."""
