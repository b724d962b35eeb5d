"""Frames on the wire: golden frames of every version decode, and any text has a documented answer."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_contract.frames import Job, Jobs, ReportItem
from gateway_contract.lifecycle import State
from gateway_contract.vocabulary import MAX_FRAME_BYTES, ErrorReason
from gateway_contract.wire import (
    FrameTooLargeError,
    WireError,
    decode,
    encode,
    job_frames,
    report_batches,
)

GOLDEN = [
    line
    for file in sorted((Path(__file__).parent / "frames").glob("v*.jsonl"))
    for line in file.read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize("text", GOLDEN, ids=lambda text: str(json.loads(text)["type"]))
def test_golden_frames_of_every_version_decode_and_round_trip(text: str) -> None:
    frame = decode(text)
    assert decode(encode(frame)) == frame
    written = json.loads(encode(frame))
    golden = json.loads(text)
    assert {key: value for key, value in golden.items() if key in written} == written


@pytest.mark.parametrize("text", GOLDEN, ids=lambda text: str(json.loads(text)["type"]))
def test_fields_that_a_later_version_adds_are_ignored(text: str) -> None:
    assert decode(json.dumps(json.loads(text) | {"colour": {"deep": [1]}})) == decode(text)


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("", "not JSON"),
        ("[" * 5000, "not JSON"),
        ("[]", "not a JSON object"),
        ("{}", "type: should be a string"),
        ('{"type":"pull"}', "pull.pull: should be present"),
        ('{"type":"pull","pull":true}', "pull.pull: should be an integer"),
        ('{"type":"pull","pull":1,"room":{"a":-1.5}}', "pull.room.a: should be an integer"),
        ('{"type":"pull","pull":1e400}', "pull.pull: should be an integer"),
        ('{"type":"report","batch":1,"items":[{}]}', "report.items[0].sms_id: should be present"),
        (
            '{"type":"cancel","sms_ids":["\\ud800"]}',
            "cancel.sms_ids[0]: should be without lone surrogates",
        ),
        (
            '{"type":"welcome","bridge_id":"a","server_time":NaN,"lines":[],"report_window_s":1}',
            "welcome.server_time: should be a finite number",
        ),
    ],
)
def test_a_bad_frame_is_refused_with_the_field_and_what_it_should_be(text: str, detail: str) -> None:
    with pytest.raises(WireError) as error:
        decode(text)
    assert (error.value.reason, error.value.detail) == (ErrorReason.BAD_FRAME, detail)


def test_an_unknown_type_is_told_apart_from_a_bad_frame() -> None:
    with pytest.raises(WireError) as error:
        decode('{"type":"telegram"}')
    assert (error.value.reason, error.value.detail) == (ErrorReason.UNKNOWN_TYPE, "telegram")


@given(st.text() | st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["type", "lines", "items", "jobs", "batch", "pull", "room", "state"]), inner
    ),
).map(json.dumps) | st.sampled_from(GOLDEN).flatmap(
    lambda text: st.integers(0, len(text)).map(lambda cut: text[:cut])
))  # fmt: skip
def test_any_text_is_a_frame_or_a_wire_error(text: str) -> None:
    with suppress(WireError):
        decode(text)


def test_a_frame_above_the_limit_is_never_sent() -> None:
    with pytest.raises(FrameTooLargeError):
        encode(Jobs(jobs=tuple(_job(number, "x" * 1000) for number in range(40))))


@given(st.lists(st.integers(0, 3000), max_size=60), st.booleans())
def test_jobs_are_cut_into_frames_below_the_limit(sizes: list[int], more: bool) -> None:
    jobs = [_job(number, "ő" * size) for number, size in enumerate(sizes)]
    frames = list(job_frames(jobs, more=more, pull=9))
    assert [job for frame in frames for job in frame.jobs] == jobs
    assert all(len(encode(frame).encode()) <= MAX_FRAME_BYTES for frame in frames)
    assert [frame.more for frame in frames] == [True] * (len(frames) - 1) + [more]


@given(st.lists(st.integers(0, 2000), max_size=60))
def test_report_items_are_cut_into_batches_below_the_limit(sizes: list[int]) -> None:
    items = [
        ReportItem(sms_id=str(number), attempt=1, state=State.REJECTED, error_text="e" * size)
        for number, size in enumerate(sizes)
    ]
    batches = list(report_batches(items))
    assert [item for batch in batches for item in batch] == items


def _job(number: int, text: str) -> Job:
    return Job(
        sms_id=str(number),
        attempt=1,
        line="gsm1",
        sender="",
        recipient="+36201234567",
        text=text,
        created=1.0,
        deadline=2.0,
    )
