"""Finds content that third-party apps can view."""
