"""Finds spaces that unknown or anonymous visitors can edit."""
