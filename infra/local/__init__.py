"""The whole of SMS Bridge on this machine: an emulated cloud, a simulated modem and SMSC, and the bridge."""
