"""The web application: API, administration, OAuth call-back."""
