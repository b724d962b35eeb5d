"""Short messages as the radio network carries them: TPDUs of 3GPP TS 23.040, pure functions on bytes."""
