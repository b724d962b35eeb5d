"""Packing of septets into octets (3GPP TS 23.038, 6.1.2.1) behind a user data header."""

from bridge.gsm.errors import PduError


def fill_bits(header_octets: int) -> int:
    """Bits between a header (its length octet included) and the first septet (3GPP TS 23.040, 9.2.3.24)."""
    return -8 * header_octets % 7


def pack(septets: bytes, *, fill: int = 0) -> bytes:
    """Pack septets (one in each octet, 0x00..0x7F), lowest bits first, after ``fill`` zero bits."""
    bits = 0
    for position, septet in enumerate(septets):
        bits |= septet << (7 * position)
    bits <<= fill
    return bits.to_bytes((7 * len(septets) + fill + 7) // 8, "little")


def unpack(octets: bytes, count: int, *, fill: int = 0) -> bytes:
    """Unpack exactly ``count`` septets, one in each octet of the result.

    Raises:
        PduError: there are fewer octets than that takes.
    """
    if (7 * count + fill + 7) // 8 > len(octets):
        raise PduError("user data is shorter than its length says")
    bits = int.from_bytes(octets, "little") >> fill
    return bytes((bits >> (7 * position)) & 0x7F for position in range(count))
