"""The composition root: who is who, from the settings to the use cases.

One file per part, so that a command pays for what it needs: the application over
its database, the way to Atlassian, the scanner, the self-check.
"""
