"""The CASB connector: who can reach what in Confluence Cloud, kept over time."""
