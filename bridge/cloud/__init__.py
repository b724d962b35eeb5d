"""The bridge's connection to the cloud: a sans-I/O session under a thin websocket shell."""
