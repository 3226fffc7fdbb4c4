"""Keeps installations, scans, snapshots and findings in a database."""
