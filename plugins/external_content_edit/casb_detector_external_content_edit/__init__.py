"""Finds content that external collaborators can edit."""
