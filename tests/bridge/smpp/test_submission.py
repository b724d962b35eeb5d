"""What a submission looks like on its way to a provider."""

import re
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from bridge.line import Failure, FailureKind, Submission
from bridge.smpp.command_status import CommandStatusTable, code_of
from bridge.smpp.pdus import STATUS_DESCRIPTIONS, ShortMessage
from bridge.smpp.reconnect import Reconnect
from bridge.smpp.settings import DefaultAlphabet, SmppSettings, TonNpi, Validity
from bridge.smpp.submission import SubmissionEncoder
from bridge.smpp.throttle import Throttle
from bridge.smpp.timings import SmppTimings
from bridge.validation import SettingsError, structure
from gateway_contract.addresses import Address, AlphanumericSender, Msisdn, NationalNumber, ShortCode
from gateway_contract.text import Alphabet

SETTINGS = SmppSettings(host="smsc.example", system_id="esme")
SUBMISSION = Submission(
    sms_id="1",
    segment=1,
    segments=1,
    text="Hi @ you €",
    alphabet=Alphabet.GSM7,
    concat_ref=None,
    sender=Msisdn("36201234567"),
    recipient=Msisdn("36301234567"),
    validity_s=3600,
    priority=2,
    flash=False,
    report=True,
)


class NoJitter(Random):
    def random(self) -> float:
        return 0.0


def encoded(settings: SmppSettings = SETTINGS, **changes: Any) -> ShortMessage:
    return SubmissionEncoder(settings).short_message(replace(SUBMISSION, **changes))


def test_a_plain_text_as_unpacked_septets() -> None:
    assert encoded() == ShortMessage(
        source_addr_ton=1,
        source_addr_npi=1,
        source_addr="36201234567",
        dest_addr_ton=1,
        dest_addr_npi=1,
        destination_addr="36301234567",
        priority_flag=2,
        validity_period="000000010000000R",
        registered_delivery=1,
        short_message=b"Hi \x00 you \x1b\x65",
    )


def test_the_body_has_the_octets_of_the_standard() -> None:
    body = SubmissionEncoder(SETTINGS).encode(replace(SUBMISSION, sender=None, text="Hi", priority=0))
    # SMPP 3.4, 4.4.1, field by field.
    assert body == b"".join(
        (
            b"\0",  # service_type
            b"\0\0\0",  # source TON, NPI, address
            b"\x01\x01" + b"36301234567\0",  # destination TON, NPI, address
            b"\0\0\0",  # esm_class, protocol_id, priority_flag
            b"\0",  # schedule_delivery_time
            b"000000010000000R\0",  # validity_period
            b"\1\0\0\0",  # registered_delivery, replace_if_present_flag, data_coding, sm_default_msg_id
            b"\2Hi",  # sm_length, short_message
        )
    )


def test_concatenated_segments_carry_their_header() -> None:
    second = encoded(segment=2, segments=3, concat_ref=0x1234, text="x")
    assert (second.esm_class, second.short_message) == (0x40, bytes.fromhex("050003340302") + b"x")
    wide = encoded(replace(SETTINGS, concat_ref_bits=16), segment=2, segments=3, concat_ref=0x1234, text="x")
    assert wide.short_message == bytes.fromhex("06080412340302") + b"x"


def test_a_full_segment_fits_a_submit_sm() -> None:
    gsm7 = encoded(text="x" * 153, segments=2, concat_ref=1)
    ucs2 = encoded(text="я" * 67, segments=2, concat_ref=1, alphabet=Alphabet.UCS2)
    assert (len(gsm7.short_message), len(ucs2.short_message)) == (159, 140)
    assert isinstance(SubmissionEncoder(SETTINGS).encode(replace(SUBMISSION, text="x" * 160)), bytes)


@pytest.mark.parametrize(
    ("alphabet", "flash", "data_coding"),
    [
        (Alphabet.GSM7, False, 0x00),
        (Alphabet.UCS2, False, 0x08),
        (Alphabet.GSM7, True, 0xF0),
        (Alphabet.UCS2, True, 0x18),
    ],
)
def test_data_coding_follows_alphabet_and_flash(alphabet: Alphabet, flash: bool, data_coding: int) -> None:
    assert encoded(alphabet=alphabet, flash=flash).data_coding == data_coding


def test_ucs2_is_utf16_with_surrogates() -> None:
    assert encoded(text="😀", alphabet=Alphabet.UCS2).short_message == bytes.fromhex("d83dde00")


@pytest.mark.parametrize(
    ("sender", "ton", "npi", "text"),
    [
        (None, 0, 0, ""),
        (Msisdn("3620555"), 1, 1, "3620555"),
        (NationalNumber("0620555"), 2, 1, "0620555"),
        (ShortCode("1234"), 3, 0, "1234"),
        (AlphanumericSender("My Office"), 5, 0, "My Office"),
    ],
)
def test_ton_and_npi_follow_the_kind_of_address(
    sender: Address | None, ton: int, npi: int, text: str
) -> None:
    message = encoded(sender=sender)
    assert (message.source_addr_ton, message.source_addr_npi, message.source_addr) == (ton, npi, text)


def test_ton_and_npi_can_be_overridden() -> None:
    message = encoded(replace(SETTINGS, ton_npi=TonNpi(msisdn=(0, 1))))
    assert (message.dest_addr_ton, message.dest_addr_npi) == (0, 1)


def test_without_report_and_validity_the_fields_stay_empty() -> None:
    message = encoded(replace(SETTINGS, validity=Validity.OFF), report=False)
    assert (message.registered_delivery, message.validity_period) == (0, "")


def test_a_latin1_line_sends_latin1_and_refuses_what_it_lacks() -> None:
    latin1 = replace(SETTINGS, alphabet=DefaultAlphabet.LATIN1)
    assert encoded(latin1, text="é@").short_message == b"\xe9@"
    failure = SubmissionEncoder(latin1).encode(SUBMISSION)
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.code) == (FailureKind.MESSAGE, "bridge:not_encodable")


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (0x01, FailureKind.MESSAGE, "smpp:0x01"),
        (0x08, FailureKind.TEMPORARY, "smpp:0x08"),
        (0x0B, FailureKind.LINE, "smpp:0x0B"),
        (0x0E, FailureKind.REPAIR, "smpp:0x0E"),
        (0x14, FailureKind.THROTTLE, "smpp:0x14"),
        (0x58, FailureKind.THROTTLE, "smpp:0x58"),
        (0xC4, FailureKind.MESSAGE, "smpp:0xC4"),
        (0x400, FailureKind.TEMPORARY, "smpp:0x400"),
        (0xDEADBEEF, FailureKind.TEMPORARY, "smpp:0xDEADBEEF"),
    ],
)
def test_every_status_has_a_meaning(status: int, kind: FailureKind, code: str) -> None:
    failure = CommandStatusTable().failure(status)
    assert (failure.kind, failure.code) == (kind, code)
    assert failure.text


def test_no_code_of_the_standard_is_without_a_form() -> None:
    for status in STATUS_DESCRIPTIONS:
        assert re.fullmatch(r"smpp:0x[0-9A-F]{2,8}", code_of(status))


def test_a_provider_can_give_its_codes_a_meaning() -> None:
    settings = replace(SETTINGS, command_status={"0x450": FailureKind.LINE, "0x0B": FailureKind.MESSAGE})
    table = CommandStatusTable(settings.status_overrides())
    assert (table.kind(0x450), table.kind(0x0B)) == (FailureKind.LINE, FailureKind.MESSAGE)


def test_settings_come_from_toml_tables() -> None:
    table = {
        "host": "smsc.example",
        "system_id": "esme",
        "alphabet": "latin1",
        "ton_npi": {"msisdn": [0, 1]},
        "command_status": {"0x450": "throttle"},
    }
    settings = structure(table, SmppSettings, where="line")
    assert settings.ton_npi.msisdn == (0, 1)
    assert settings.status_overrides() == {0x450: FailureKind.THROTTLE}


def test_bad_settings_are_named_together_and_passwords_stay_hidden() -> None:
    table = {"host": "x", "system_id": "esme", "password": "much too long", "window": 0}
    with pytest.raises(SettingsError) as caught:
        structure(table, SmppSettings, where="line smpp1")
    (problem,) = caught.value.problems
    assert "password should be at most 8 characters" in problem
    assert "window should be 1 to 1000" in problem
    assert "much too long" not in repr(SmppSettings(host="x", system_id="e", password="secret"))


def test_answers_of_one_window_are_one_throttling() -> None:
    throttle = Throttle(SmppTimings(), NoJitter())
    assert throttle.throttled(sent_at=10.0, now=11.0) == 1.0
    assert throttle.throttled(sent_at=10.1, now=11.25) == 0.75
    assert throttle.throttled(sent_at=10.2, now=13.0) == 0.0


def test_throttling_grows_until_an_answer_is_good_again() -> None:
    throttle = Throttle(SmppTimings(), NoJitter())
    now, pauses = 0.0, []
    for _ in range(8):
        pauses.append(throttle.throttled(sent_at=now, now=now))
        now += pauses[-1]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    throttle.taken(sent_at=now - 1)
    assert throttle.throttled(sent_at=now, now=now) == 60
    throttle.taken(sent_at=now + 60)
    assert throttle.throttled(sent_at=now + 60, now=now + 60) == 1


def test_reconnecting_backs_off_until_a_session_lasts() -> None:
    reconnect = Reconnect(SmppTimings(), NoJitter())
    assert [reconnect.after_failure() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    reconnect.bound(now=0)
    assert reconnect.after_loss(now=29) == 60
    reconnect.bound(now=100)
    assert reconnect.after_loss(now=130) == 1


def test_a_refused_login_waits_longer_than_a_busy_smsc() -> None:
    reconnect = Reconnect(SmppTimings(), NoJitter())
    assert [reconnect.after_refusal(status) for status in (0x0E, 0x05, 0x08)] == [120, 45, 1]
