"""Texts that the SMSC reads back, with the simulator's own codec as the reader."""

from hypothesis import given
from hypothesis import strategies as st

from bridge.line import Submission
from bridge.simulate.smsc import wire
from bridge.smpp.settings import SmppSettings
from bridge.smpp.submission import SubmissionEncoder
from gateway_contract.addresses import Msisdn
from gateway_contract.text import split

_SETTINGS = SmppSettings(host="127.0.0.1", system_id="office")


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=400), st.booleans())
def test_smsc_reads_the_text_that_was_split_and_encoded(text: str, flash: bool) -> None:
    parts = split(text)
    total = len(parts.segments)
    read = ""
    for number, segment in enumerate(parts.segments, 1):
        body = SubmissionEncoder(_SETTINGS).encode(
            Submission(
                sms_id="01",
                segment=number,
                segments=total,
                text=segment.text,
                alphabet=parts.alphabet,
                concat_ref=0x1234 if total > 1 else None,
                sender=None,
                recipient=Msisdn("14155550123"),
                validity_s=3600,
                priority=0,
                flash=flash,
                report=True,
            )
        )
        assert isinstance(body, bytes)
        taken = wire.message(body)
        assert taken.udh == (bytes((5, 0, 3, 0x34, total, number)) if total > 1 else b"")
        assert taken.esm_class == (0x40 if total > 1 else 0)
        read += wire.text_of(taken)
    assert read == text
