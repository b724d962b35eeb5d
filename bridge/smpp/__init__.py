"""The SMPP line: an ESME that binds to a provider's SMSC (SMPP Protocol Specification v3.4)."""
