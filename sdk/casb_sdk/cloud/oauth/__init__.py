"""The OAuth half of the cloud: consent, tokens, the account's own endpoints."""
