"""Stand-ins for the network: a virtual GSM modem and a simulated SMSC.

They share no codec with the rest of the bridge, so that two ends never agree on a mistake.
"""
