"""A bridge that is killed in the middle of its work: nothing is lost, and nothing is doubled unsaid.

An SMSC keeps a receipt until it is acknowledged. A modem does not keep a status report for a port that nobody
has open, so that one may be missing: such a message ends ``unknown`` when its report window is over.
"""

import json
import os
import signal
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from infra.local.processes import recorded
from infra.local.site import Site
from tests.journeys.office import Caller, Notification, wait_until

MODEM, SMPP = "+36201234", "+447700900"


def texts_taken(site: Site) -> Counter[str]:
    """What the modem's and the SMSC's networks took, by text."""
    taken: Counter[str] = Counter()
    for name in ("modem_log", "smsc_log"):
        for line in Path(str(site.describe()[name])).read_text(encoding="utf-8").splitlines():
            taken.update([json.loads(line)["text"]] if "text" in line else [])
    return taken


def kill_bridge(site: Site) -> None:
    run_dir = Path(str(site.describe()["logs"])).parent
    (bridge,) = [process for process in recorded(run_dir / "processes.json") if process.name == "bridge"]
    os.kill(bridge.pid, signal.SIGKILL)
    site.stop_bridge()


def test_a_killed_bridge_loses_nothing_and_doubles_nothing_unsaid(site: Site, caller: Caller) -> None:
    texts = {
        caller.send(f"{prefix}{index:03d}", f"Crash {prefix} {index}"): f"Crash {prefix} {index}"
        for index in range(15)
        for prefix in (MODEM, SMPP)
    }
    wait_until(lambda: sum(text in texts_taken(site) for text in texts.values()) >= 5, "some to be taken")
    kill_bridge(site)
    site.start_bridge()
    caller.wait_for_reports({sms_id for sms_id, text in texts.items() if SMPP in text})
    wait_until(lambda: states(caller, texts) <= {"submitted", "delivered"}, "all to be submitted")
    taken = texts_taken(site)
    for sms_id, text in texts.items():
        state = caller.status(sms_id)["State"]
        assert state == "delivered" or (state == "submitted" and MODEM in text)
        assert taken[text] in (1, 2)
    marked = {report.fields["SmsId"] for report in caller.notifications() if is_marked(report)}
    doubled = {sms_id for sms_id, text in texts.items() if taken[text] == 2}
    delivered = {sms_id for sms_id in texts if caller.status(sms_id)["State"] == "delivered"}
    assert doubled & delivered <= marked


def states(caller: Caller, sms_ids: Iterable[str]) -> set[str]:
    return {caller.status(sms_id)["State"] for sms_id in sms_ids}


def is_marked(report: Notification) -> bool:
    return report.fields["PossibleDuplicate"] == "true"
