"""What make up, make down and make demo do."""

from __future__ import annotations

from pathlib import Path

from infra.local import demonstration
from infra.local.lock import exclusive
from infra.local.paths import ROOT
from infra.local.processes import ProcessGroup, alive, recorded
from infra.local.progress import say
from infra.local.site import Options, Site
from infra.local.stack import LocalStack

RUN = ROOT / ".run"
DEMO_RUN = RUN / "demo"
SAMPLE_REQUEST = "command=SendSms&ApiExtension=9994&Sender=%2B3612345678&Recipient={recipient}&Message={text}"


def up() -> int:
    """Starts everything in the background and says how to use it."""
    description = RUN / "stack.json"
    running = recorded(RUN / "processes.json")
    if description.exists() and running and all(alive(identity) for identity in running):
        say(f"already running, see {_shown(description)}; make down stops it")
        return 0
    description.unlink(missing_ok=True)
    stack = LocalStack.start(RUN, progress=say)
    try:
        site = Site.start(stack, progress=say)
        site.write_description()
    except BaseException:
        stack.stop()
        raise
    _print_usage(site, stack)
    return 0


def down() -> int:
    """Stops what make up, or a make demo that was killed, left running."""
    for run_dir in (DEMO_RUN, RUN):
        if recorded(run_dir / "processes.json"):
            with exclusive(run_dir):
                ProcessGroup(run_dir).stop()
    (RUN / "stack.json").unlink(missing_ok=True)
    say("stopped")
    return 0


def demo() -> int:
    """Sends two messages through a stack of its own, beside one that make up may have started."""
    stack = LocalStack.start(DEMO_RUN, progress=say)
    try:
        site = Site.start(stack, progress=say, options=Options(modem_send_time=0.5, report_delay=1.0))
        arrived = demonstration.run(stack.endpoints.api_url, site.webhook_url, site.notifications)
    finally:
        stack.stop()
    return 0 if arrived else 1


def _print_usage(site: Site, stack: LocalStack) -> None:
    url = stack.endpoints.api_url
    report = f"DeliveryReportURL={site.webhook_url}"
    by_modem = SAMPLE_REQUEST.format(recipient="%2B36201234567", text="Hello+by+modem")
    by_smpp = SAMPLE_REQUEST.format(recipient="%2B447700900123", text="Hello+by+SMPP")
    say("")
    say("Through the modem, then through the SMPP account:")
    say(f"  curl '{url}?{by_modem}&{report}'")
    say(f"  curl --data '{by_smpp}&{report}' '{url}'")
    say("Where a message is (put in the SmsId of an answer):")
    say(f"  curl '{url}?command=GetSmsStatus&ApiExtension=9994&SmsId=…'")
    say("The bridge, should you have stopped it, is started with:")
    say(f"  .venv/bin/smsbridge run --config {_shown(stack.run_dir / 'bridge.toml')}")
    say(f"Delivery reports arrive in {_shown(site.notifications)}, logs in {_shown(stack.run_dir / 'logs')},")
    say(f"addresses and secrets are in {_shown(RUN / 'stack.json')}. make down stops it.")


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT))
