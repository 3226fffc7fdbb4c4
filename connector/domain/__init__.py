"""The rules of the connector, without any framework."""
