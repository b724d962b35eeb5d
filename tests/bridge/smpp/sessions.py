"""A session on a virtual clock, and what an SMSC may say to it."""

from bridge.smpp.codec import Decoder, encode, encode_body
from bridge.smpp.events import Bound
from bridge.smpp.pdus import Bind, BindResp, Body, Command, Empty, MessageIdResp, Pdu, ShortMessage
from bridge.smpp.session import SmppSession
from bridge.smpp.timings import SmppTimings

TIMINGS = SmppTimings()
SUBMIT = encode_body(ShortMessage(destination_addr="36301234567", short_message=b"hi"))


def octets(command: Command, sequence: int, body: Body | None = None, *, status: int = 0) -> bytes:
    return encode(Pdu(command_id=command, sequence=sequence, status=status, body=body or Empty()))


def resp(sequence: int, message_id: str = "", *, status: int = 0) -> bytes:
    return octets(Command.SUBMIT_SM_RESP, sequence, MessageIdResp(message_id=message_id), status=status)


def sent(session: SmppSession) -> list[tuple[int, int, int]]:
    """(command_id, sequence, status) of what the session wants to send."""
    found = Decoder().receive(session.bytes_to_send())
    return [(item.command_id, item.sequence, item.status) for item in found if isinstance(item, Pdu)]


def binding() -> SmppSession:
    session = SmppSession(TIMINGS, now=0)
    session.bind(Bind(system_id="esme", password="secret"), now=0)
    assert session.bytes_to_send()[4:16] == bytes.fromhex("00000009 00000000 00000001")
    return session


def bound() -> SmppSession:
    session = binding()
    answer = octets(Command.BIND_TRANSCEIVER_RESP, 1, BindResp(system_id="smsc"))
    assert session.receive(answer, now=0) == [Bound(system_id="smsc")]
    return session


def submit(session: SmppSession, *, now: float) -> int:
    """The sequence number of a request that has left."""
    sequence = session.submit(SUBMIT, now=now)
    assert sent(session) == [(Command.SUBMIT_SM, sequence, 0)]
    return sequence
