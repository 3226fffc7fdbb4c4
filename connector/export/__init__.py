"""Hands findings out: native, OCSF, CSV."""
