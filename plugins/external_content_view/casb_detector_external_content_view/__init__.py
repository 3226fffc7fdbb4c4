"""Finds content that external collaborators can view."""
