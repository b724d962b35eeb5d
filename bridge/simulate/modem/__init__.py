"""A virtual GSM modem on a pseudo-terminal, made from the specifications alone.

It shares no code with the modem driver, so that a misreading of the specifications on one side shows.
"""
