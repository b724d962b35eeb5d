"""The one error of the codecs."""


class PduError(ValueError):
    """Octets that are no PDU of the expected kind, or values that no PDU can hold."""
