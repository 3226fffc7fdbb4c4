"""One file per thing the connector does."""
