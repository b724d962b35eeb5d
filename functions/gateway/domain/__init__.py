"""The rules of the gateway, without I/O."""
