"""Other tools that read a Confluence site, each run in an environment of its own."""
