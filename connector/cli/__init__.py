"""`casb`, the operator's command: one file per group of verbs."""
