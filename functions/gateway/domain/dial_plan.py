"""Which line a number goes to: ordered rules, the first that matches wins."""

from dataclasses import dataclass

from gateway.domain.configuration import Configuration, Rule
from gateway_contract.addresses import Address, AddressError, Msisdn, NationalNumber, Recipient, ShortCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where a message goes."""

    recipient: Recipient
    """As it is dialled on the lines."""
    lines: tuple[str, ...]
    """In order of preference; at least one."""


def route(
    configuration: Configuration,
    recipient: Recipient,
    *,
    sender: Address | None,
    user: str,
    extension: int,
) -> Route | None:
    """The route of a message; None: no rule matches, or the rule that does makes no number of it."""
    normal = configuration.numbering.normalise(recipient)
    for rule in configuration.rules:
        if _matches(rule, normal, sender=sender, user=user, extension=extension):
            dialled = _rewritten(rule, normal)
            return None if dialled is None else Route(recipient=dialled, lines=rule.lines)
    return None


def _matches(rule: Rule, recipient: Recipient, *, sender: Address | None, user: str, extension: int) -> bool:
    if isinstance(recipient, ShortCode) != rule.short_code:
        return False
    return (
        str(recipient).startswith(rule.prefix)
        and (not rule.senders or str(sender) in rule.senders)
        and (not rule.users or user in rule.users)
        and (not rule.extensions or extension in rule.extensions)
    )


def _rewritten(rule: Rule, recipient: Recipient) -> Recipient | None:
    """Strip and prepend as the rule says; None where that leaves no number that can be dialled."""
    if not rule.strip and not rule.prepend:
        return recipient
    text = rule.prepend + str(recipient).removeprefix(rule.strip)
    try:
        if text.startswith("+"):
            return Msisdn(text[1:])
        return ShortCode(text) if isinstance(recipient, ShortCode) else NationalNumber(text)
    except AddressError:
        return None
