"""What a scan costs and how fast it is, as ratios measured side by side."""
