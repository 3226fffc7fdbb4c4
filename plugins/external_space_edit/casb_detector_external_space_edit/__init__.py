"""Finds spaces that external collaborators can edit."""
