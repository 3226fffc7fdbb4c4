"""Finds content that third-party apps can edit."""
