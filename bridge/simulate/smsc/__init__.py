"""A simulated SMSC on TCP: takes binds and messages, gives receipts, and misbehaves when asked to."""
