"""Finds content that unknown or anonymous visitors can edit."""
