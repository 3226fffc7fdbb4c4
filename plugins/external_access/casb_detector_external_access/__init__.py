"""Finds external collaborators who have access to the site."""
