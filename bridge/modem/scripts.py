"""What is said to a modem, one generator for each task: yields commands and events, gets answers."""

import re
from collections.abc import Generator, Iterator
from itertools import product
from typing import Final

from bridge.line import Failure, FailureKind, OutcomeUnknown, Refused, Taken
from bridge.modem.cms_errors import failure_of
from bridge.modem.settings import ModemSettings
from bridge.modem.steps import (
    Answer,
    Arrived,
    Command,
    Concluded,
    Event,
    Lost,
    NeedsPerson,
    Pause,
    Place,
    Ready,
    Script,
    Waiting,
)
from bridge.modem.timings import ModemTimings
from gateway_contract.vocabulary import BridgeError

_SYNC_TRIES: Final = 3
_REGISTERED: Final = (1, 5, 6, 7)
"""Home, roaming, and the same for SMS only (3GPP TS 27.007, 7.2)."""
_SIM_MISSING: Final = 10
_FORMAT_SLIP: Final = 305
_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2})+\Z")
_INCOMING: Final = ("0", "1")
"""``REC UNREAD`` and ``REC READ`` of ``+CMGL`` (3GPP TS 27.005, 3.1); 2 and 3 are our own."""


def parse_ranges(text: str) -> list[list[int]]:
    """The values of ``(0-2),(0,1),…``, a bare number standing for itself."""
    groups: list[list[int]] = []
    for group in re.findall(r"\(([^)]*)\)|(\d+)", text):
        values: list[int] = []
        for part in (group[0] or group[1]).split(","):
            low, _, high = part.strip().partition("-")
            if low.isdigit():
                values += range(int(low), (int(high) if high.isdigit() else int(low)) + 1)
        groups.append(values)
    return groups


def choose_cnmi(offered: list[list[int]]) -> Iterator[str]:
    """Arguments of ``AT+CNMI`` worth trying, best first (3GPP TS 27.005, 3.4.1).

    Messages are stored and announced (mt 1). Reports come with their PDU (ds 1) where the modem can, else
    stored (ds 2), else not at all. Some modems want bfr 1.
    """
    wanted = ((2, 1), (1,), (0,), (1, 2, 0), (0, 1))
    if len(offered) < len(wanted):
        offered = [list(values) for values in wanted]
    modes, mts, bms, dss, bfrs = (
        [value for value in values if value in offer] or [offer[0] if offer else 0]
        for values, offer in zip(wanted, offered, strict=False)
    )
    for ds, mode, mt, bm, bfr in product(dss, modes, mts, bms, bfrs):
        yield f"{mode},{mt},{bm},{ds},{bfr}"


def initialise(settings: ModemSettings, timings: ModemTimings, *, pin_allowed: bool) -> Script:
    """From an open port to a modem that sends, receives and reports.

    Args:
        pin_allowed: False once the SIM has refused the PIN.
    """

    def command(text: str) -> Command:
        return Command(text=text, timeout_s=timings.command_s)

    for _ in range(_SYNC_TRIES):
        if (yield Command(text="AT", timeout_s=timings.sync_s, may_time_out=True)).ok:
            break
    else:
        yield Lost(reason="no_answer")
        return
    for text in ("ATE0", "ATV1", "AT+CMEE=1"):
        yield command(text)
    if not (yield from _unlock_sim(settings, timings, pin_allowed=pin_allowed)):
        return
    if settings.smsc:
        toa = 145 if settings.smsc.startswith("+") else 129
        yield command(f'AT+CSCA="{settings.smsc}",{toa}')
    if not (yield command("AT+CMGF=0")).ok:
        yield Lost(reason="no_pdu_mode")
        return
    service = (yield command("AT+CSMS?")).value("+CSMS:") or "0"
    for arguments in choose_cnmi(parse_ranges((yield command("AT+CNMI=?")).value("+CNMI:") or "")):
        if (yield command(f"AT+CNMI={arguments}")).ok:
            break
    while not (yield from _registered(timings)):
        yield Waiting(reason="no_network")
        yield Pause(seconds=timings.registration_retry_s)
    number = re.search(r',"?(\+?\d+)"?', (yield command("AT+CNUM")).value("+CNUM:") or "")
    operator = re.search(r'"([^"]*)"', (yield command("AT+COPS?")).value("+COPS:") or "")
    signal = yield command("AT+CSQ")
    yield Ready(
        own_number=number[1] if number else "",
        operator=operator[1] if operator else "",
        signal_dbm=signal_dbm(signal),
        acknowledge=service.split(",")[0] == "1",
    )
    yield from _fetch_all(timings)


def signal_dbm(answer: Answer) -> int | None:
    """The signal of an ``AT+CSQ`` answer (3GPP TS 27.007, 8.5); None when not known."""
    match = re.match(r"(\d+)", answer.value("+CSQ:") or "")
    rssi = int(match[1]) if match else 99
    return -113 + 2 * rssi if rssi <= 31 else None


def _unlock_sim(
    settings: ModemSettings, timings: ModemTimings, *, pin_allowed: bool
) -> Generator[Command | Pause | Event, Answer, bool]:
    """Whether the SIM is open; a PIN is tried once, for three wrong ones lock the SIM."""
    tries = max(int(timings.sim_ready_s / timings.sim_retry_s), 1)
    entered = False
    for _ in range(tries):
        answer = yield Command(text="AT+CPIN?", timeout_s=timings.command_s)
        state = answer.value("+CPIN:")
        if state == "READY":
            return True
        if state == "SIM PIN" and not entered:
            if not settings.pin or not pin_allowed:
                yield NeedsPerson(reason="pin_refused" if settings.pin else "pin_required")
                return False
            entered = True
            if not (yield Command(text=f'AT+CPIN="{settings.pin}"', timeout_s=timings.command_s)).ok:
                yield NeedsPerson(reason="pin_refused")
                return False
        elif state is not None and state != "SIM PIN":
            yield NeedsPerson(reason=f"{state.removeprefix('SIM ').lower().replace(' ', '_')}_required")
            return False
        elif answer.cme == _SIM_MISSING:
            yield Lost(reason="no_sim")
            return False
        yield Pause(seconds=timings.sim_retry_s)
    yield Lost(reason="sim_not_ready")
    return False


def _registered(timings: ModemTimings) -> Generator[Command | Pause | Event, Answer, bool]:
    for kind in ("+CREG", "+CEREG", "+CGREG"):
        answer = yield Command(text=f"AT{kind}?", timeout_s=timings.command_s)
        for line in answer.lines:
            # Only the answer has <n>,<stat>; the unsolicited form starts with <stat>.
            match = re.match(rf"\{kind}: *\d+, *(\d+)", line)
            if match and int(match[1]) in _REGISTERED:
                return True
    return False


def submit(tpdu: bytes, smsc: bytes, timings: ModemTimings, *, more_follow: bool) -> Script:
    """One TPDU to the network; ends with its :class:`Concluded`."""
    if more_follow:
        # Keeps the radio link for the next segment; modems that cannot just say no.
        yield Command(text="AT+CMMS=1", timeout_s=timings.command_s)
    send = Command(
        text=f"AT+CMGS={len(tpdu)}",
        timeout_s=timings.prompt_s,
        payload=(smsc + tpdu).hex().upper(),
    )
    answer = yield send
    if answer.cms == _FORMAT_SLIP and (yield Command(text="AT+CMGF=0", timeout_s=timings.command_s)).ok:
        answer = yield send
    reference = re.match(r"\d+", answer.value("+CMGS:") or "")
    if reference:
        yield Concluded(outcome=Taken(reference=reference[0]))
        return
    if answer.cms is not None:
        failure = failure_of(answer.cms)
        if failure.kind is FailureKind.UNKNOWN and answer.prompted:
            yield Concluded(outcome=OutcomeUnknown(failure=failure))
        else:
            yield Concluded(outcome=Refused(failure=failure))
        return
    if answer.prompted:
        text = "the modem gave no reference" if answer.answered else "no answer after the message was written"
        failure = Failure(kind=FailureKind.UNKNOWN, code=BridgeError.OUTCOME_UNKNOWN, text=text)
        yield Concluded(outcome=OutcomeUnknown(failure=failure))
        return
    failure = Failure(
        kind=FailureKind.REPAIR, code=BridgeError.LINE_DOWN, text="the modem did not ask for the message"
    )
    yield Concluded(outcome=Refused(failure=failure))


def fetch(place: Place, timings: ModemTimings) -> Script:
    """Read what the modem announced as stored."""
    yield Command(text=f'AT+CPMS="{place.storage}"', timeout_s=timings.command_s)
    answer = yield Command(text=f"AT+CMGR={place.index}", timeout_s=timings.command_s)
    for line in answer.lines:
        if _HEX.match(line):
            yield Arrived(pdu=bytes.fromhex(line), place=place)


def delete(place: Place, timings: ModemTimings) -> Script:
    """Free the place of what is durable now."""
    if place.storage:
        yield Command(text=f'AT+CPMS="{place.storage}"', timeout_s=timings.command_s)
    yield Command(text=f"AT+CMGD={place.index}", timeout_s=timings.command_s)


def acknowledge(timings: ModemTimings) -> Script:
    """Tell the network that a routed PDU is safe (3GPP TS 27.005, 3.4.4); 340 (none expected) is harmless."""
    yield Command(text="AT+CNMA", timeout_s=timings.command_s)


def _fetch_all(timings: ModemTimings) -> Script:
    """What arrived while nobody listened."""
    storages = yield Command(text="AT+CPMS?", timeout_s=timings.command_s)
    storage = re.match(r'"?(\w+)', storages.value("+CPMS:") or "")
    answer = yield Command(text="AT+CMGL=4", timeout_s=timings.command_s)
    place: Place | None = None
    for line in answer.lines:
        header = re.match(r"\+CMGL: *(\d+), *(\d+)", line)
        if header:
            name = storage[1] if storage else ""
            place = Place(storage=name, index=int(header[1])) if header[2] in _INCOMING else None
        elif place is not None and _HEX.match(line):
            yield Arrived(pdu=bytes.fromhex(line), place=place)
            place = None


def check_health(ready: Ready, timings: ModemTimings) -> Script:
    """Ask an idle modem for a sign of life; says :class:`Ready` again when the signal has changed."""
    signal = signal_dbm((yield Command(text="AT+CSQ", timeout_s=timings.command_s)))
    if signal != ready.signal_dbm:
        yield Ready(
            own_number=ready.own_number,
            operator=ready.operator,
            signal_dbm=signal,
            acknowledge=ready.acknowledge,
        )
