"""Everything that talks to Atlassian."""
