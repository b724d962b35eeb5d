"""What ``smsbridge pdu encode`` is asked for: JSON to segments."""

import json
from typing import Any, Final, Literal

from bridge.cli.lines_in import Object, octets
from bridge.gsm.address import encode_smsc
from bridge.gsm.submit import Submit, encode_submit
from bridge.gsm.udh import Concatenation, decode_header
from gateway_contract.addresses import Address, AddressError, parse_sender
from gateway_contract.text import split
from gateway_contract.vocabulary import Encoding

_IMPLIED: Final = frozenset(("dcs",))
"""Options that follow from others; a request may repeat them."""


class _Options:
    """Takes options one by one, so that a wrong or unknown one is named."""

    def __init__(self, found: Any) -> None:
        if not isinstance(found, dict):
            raise ValueError("options: should be an object")
        self._left = {key: value for key, value in found.items() if value is not None and key not in _IMPLIED}

    def flag(self, name: str) -> bool:
        value = self._left.pop(name, False)
        if not isinstance(value, bool):
            raise ValueError(f"options.{name}: should be true or false")
        return value

    def number(self, name: str, most: int) -> int | None:
        value = self._left.pop(name, None)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            raise ValueError(f"options.{name}: should be a number from 0 to {most}")
        return value

    def string(self, name: str) -> str:
        value = self._left.pop(name, "")
        if not isinstance(value, str):
            raise ValueError(f"options.{name}: should be a string")
        return value

    def end(self) -> None:
        if self._left:
            raise ValueError(f"options.{min(self._left)}: there is no such option")


def encode_request(line: str) -> Object:
    """The segments that a request makes.

    Raises:
        ValueError: it is no request, or no PDU can hold it.
    """
    request = _object(line)
    recipient, text = (_required(request, name) for name in ("recipient", "text"))
    destination = _destination(recipient)
    options = _Options({} if request.get("options") is None else request["options"])
    encoding = options.string("encoding") or "auto"
    if encoding not in tuple(Encoding):
        raise ValueError(f"options.encoding: should be one of {', '.join(Encoding)}")
    minutes = options.number("validity_minutes", 2**31)
    first_reference = options.number("message_reference", 0xFF)
    smsc = encode_smsc(options.string("smsc"))
    header = _header(options.string("udh_hex"))
    concat_ref = options.number("concat_ref", 0xFFFF) or 0
    bits = _bits(options.number("concat_ref_bits", 16))
    status_report, flash, reject_duplicates = (
        options.flag(name) for name in ("status_report", "flash", "reject_duplicates")
    )
    options.end()

    parts = split(text, encoding=Encoding(encoding), ref_bits=bits)
    texts = [text] if header else [segment.text for segment in parts.segments]
    segments = []
    for index, segment in enumerate(texts):
        concatenation = Concatenation(reference=concat_ref, total=len(texts), sequence=index + 1, bits=bits)
        tpdu = encode_submit(
            Submit(
                destination=destination,
                text=segment,
                alphabet=parts.alphabet,
                concatenation=concatenation if len(texts) > 1 else None,
                header=header,
                validity_s=None if minutes is None else 60 * minutes,
                message_reference=0 if first_reference is None else (first_reference + index) % 256,
                status_report=status_report,
                flash=flash,
                reject_duplicates=reject_duplicates,
            )
        )
        segments.append(
            {
                "tpdu_hex": tpdu.hex().upper(),
                "at_pdu_hex": (smsc + tpdu).hex().upper(),
                "cmgs_length": len(tpdu),
            }
        )
    return {"segments": segments}


def _destination(recipient: str) -> Address:
    try:
        return parse_sender(recipient)
    except AddressError as error:
        raise ValueError(f"recipient: {error}") from None


def _header(udh_hex: str) -> bytes:
    try:
        return decode_header(octets(udh_hex)).raw if udh_hex else b""
    except ValueError as error:
        raise ValueError(f"options.udh_hex: {error}") from None


def _bits(value: int | None) -> Literal[8, 16]:
    if value in (None, 8):
        return 8
    if value != 16:
        raise ValueError("options.concat_ref_bits: should be 8 or 16")
    return 16


def _object(line: str) -> Object:
    try:
        request = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError("should be a JSON object") from None
    if not isinstance(request, dict):
        raise ValueError("should be a JSON object")
    return request


def _required(request: Object, name: str) -> str:
    value = request.get(name)
    if not isinstance(value, str):
        raise ValueError(f"{name}: should be a string")
    return value
