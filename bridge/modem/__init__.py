"""GSM modems in PDU mode (3GPP TS 27.005) behind the interface of a line."""
