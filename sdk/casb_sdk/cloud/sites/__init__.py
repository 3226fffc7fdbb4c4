"""What the ready-made sites are built from."""
