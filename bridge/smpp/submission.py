"""A submission as the submit_sm of one line."""

from bridge.line import Failure, FailureKind, Submission
from bridge.smpp.codec import encode_body
from bridge.smpp.pdus import ShortMessage
from bridge.smpp.settings import DefaultAlphabet, SmppSettings, Validity
from bridge.smpp.smpp_time import relative_period
from bridge.smpp.user_data import concat_header
from gateway_contract.addresses import Address, AlphanumericSender, Msisdn, NationalNumber, ShortCode
from gateway_contract.text import Alphabet, NotEncodableError, gsm7_encode
from gateway_contract.vocabulary import BridgeError

_ESM_UDHI = 0x40
_RECEIPT_SUCCESS_AND_FAILURE = 0x01


class SubmissionEncoder:
    """What one provider wants of a submit_sm."""

    __slots__ = ("_settings",)

    def __init__(self, settings: SmppSettings) -> None:
        self._settings = settings

    def encode(self, submission: Submission) -> bytes | Failure:
        """The body of the submit_sm, or why this line cannot carry the message."""
        try:
            return encode_body(self.short_message(submission))
        except (NotEncodableError, UnicodeEncodeError):
            return Failure(
                kind=FailureKind.MESSAGE,
                code=BridgeError.NOT_ENCODABLE,
                text=f"the text does not fit the alphabet {self._settings.alphabet} of this line",
            )

    def short_message(self, submission: Submission) -> ShortMessage:
        """The submit_sm as a value.

        Raises:
            NotEncodableError: a character that GSM 7-bit lacks.
            UnicodeEncodeError: a character that Latin-1 lacks.
        """
        settings = self._settings
        data = self._text(submission)
        esm_class = 0
        if submission.concat_ref is not None:
            header = concat_header(
                submission.concat_ref,
                submission.segments,
                submission.segment,
                ref_bits=settings.concat_ref_bits,
            )
            data = header + data
            esm_class = _ESM_UDHI
        source_ton, source_npi, source = self._address(submission.sender)
        dest_ton, dest_npi, destination = self._address(submission.recipient)
        return ShortMessage(
            service_type=settings.service_type,
            source_addr_ton=source_ton,
            source_addr_npi=source_npi,
            source_addr=source,
            dest_addr_ton=dest_ton,
            dest_addr_npi=dest_npi,
            destination_addr=destination,
            esm_class=esm_class,
            priority_flag=submission.priority,
            validity_period=(
                relative_period(submission.validity_s) if settings.validity is Validity.RELATIVE else ""
            ),
            registered_delivery=_RECEIPT_SUCCESS_AND_FAILURE if submission.report else 0,
            data_coding=self._data_coding(submission),
            short_message=data,
        )

    def _text(self, submission: Submission) -> bytes:
        if submission.alphabet is Alphabet.UCS2:
            return submission.text.encode("utf-16-be")
        if self._settings.alphabet is DefaultAlphabet.LATIN1:
            return submission.text.encode("latin-1")
        return gsm7_encode(submission.text)

    def _data_coding(self, submission: Submission) -> int:
        settings = self._settings
        if submission.alphabet is Alphabet.UCS2:
            return settings.data_coding_flash_ucs2 if submission.flash else settings.data_coding_ucs2
        return settings.data_coding_flash if submission.flash else settings.data_coding_default

    def _address(self, address: Address | None) -> tuple[int, int, str]:
        """TON, NPI and text; all empty for the SMSC's default sender (5.2.8)."""
        kinds = self._settings.ton_npi
        match address:
            case None:
                return 0, 0, ""
            case Msisdn(digits):
                return *kinds.msisdn, digits
            case NationalNumber(digits):
                return *kinds.national, digits
            case ShortCode(digits):
                return *kinds.short_code, digits
            case AlphanumericSender(text):
                return *kinds.alphanumeric, text
