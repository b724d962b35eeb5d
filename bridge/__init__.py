"""The on-premises half of SMS Bridge: holds the modems and SMPP accounts of one site."""
