"""The user data of a short message: concatenation headers, and texts in the alphabets of data_coding.

The header is that of 3GPP TS 23.040 (9.2.3.24); in SMPP it stands before the text, in whole octets.
"""

from collections.abc import Mapping
from typing import Final

from bridge.smpp.pdus import Tag, Tlvs, find_tlv
from bridge.smpp.settings import DefaultAlphabet
from gateway_contract.text import gsm7_decode

_IE_CONCAT_8: Final = 0x00
_IE_CONCAT_16: Final = 0x08

Concat = tuple[int, int, int]
"""(reference, total, sequence number)."""

_CODECS: Final[Mapping[int, str]] = {
    0x01: "ascii",
    0x03: "latin-1",
    0x05: "shift_jis",
    0x06: "iso8859_5",
    0x07: "iso8859_8",
    0x08: "utf-16-be",
    0x0A: "iso2022_jp",
    0x0D: "euc_jp",
    0x0E: "euc_kr",
    0x18: "utf-16-be",
}
_BINARY: Final = frozenset((0x02, 0x04, 0x14))


def concat_header(concat_ref: int, total: int, seq: int, *, ref_bits: int) -> bytes:
    """The header of one segment, with its length octet."""
    if ref_bits == 16:
        return bytes((6, _IE_CONCAT_16, 4, concat_ref >> 8 & 0xFF, concat_ref & 0xFF, total, seq))
    return bytes((5, _IE_CONCAT_8, 3, concat_ref & 0xFF, total, seq))


def split_header(data: bytes) -> tuple[Concat | None, bytes]:
    """Take the header off user data that has one; an impossible header leaves the data as it is."""
    end = 1 + data[0] if data else 0
    if end > len(data):
        return None, data
    concat = None
    at = 1
    while at + 2 <= end:
        kind, length = data[at], data[at + 1]
        value = data[at + 2 : min(at + 2 + length, end)]
        if kind == _IE_CONCAT_8 and len(value) == 3:
            concat = _valid(value[0], value[1], value[2]) or concat
        elif kind == _IE_CONCAT_16 and len(value) == 4:
            concat = _valid(value[0] << 8 | value[1], value[2], value[3]) or concat
        at += 2 + length
    return concat, data[end:]


def sar_concat(tlvs: Tlvs) -> Concat | None:
    """Concatenation told by the sar_* parameters (5.3.2.22 to 5.3.2.24)."""
    ref, total, seq = (
        find_tlv(tlvs, tag) for tag in (Tag.SAR_MSG_REF_NUM, Tag.SAR_TOTAL_SEGMENTS, Tag.SAR_SEGMENT_SEQNUM)
    )
    if not (ref and total and seq):
        return None
    return _valid(int.from_bytes(ref), total[0], seq[0])


def _valid(ref: int, total: int, seq: int) -> Concat | None:
    return (ref, total, seq) if 1 <= seq <= total else None


def decode_text(data: bytes, data_coding: int, alphabet: DefaultAlphabet) -> str | None:
    """The text of user data without header; None for 8-bit data. Octets that mean nothing show as U+FFFD.

    Args:
        alphabet: what data_coding 0 stands for on this line.
    """
    if data_coding in _BINARY or (data_coding >= 0xF0 and data_coding & 0x04):
        return None
    codec = _CODECS.get(data_coding)
    if codec is not None:
        return data.decode(codec, errors="replace")
    if alphabet is DefaultAlphabet.LATIN1 or any(octet > 0x7F for octet in data):
        return data.decode("latin-1")
    return gsm7_decode(data)
