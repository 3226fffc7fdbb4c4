"""The HTTP API that consumers of the export pull from."""
