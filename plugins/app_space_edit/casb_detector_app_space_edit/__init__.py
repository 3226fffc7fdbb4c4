"""Finds spaces that third-party apps can edit."""
