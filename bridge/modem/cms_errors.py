"""``+CMS ERROR`` codes: 3GPP TS 27.005, 3.2.5; TS 24.011, annex E; TS 23.040, 9.2.3.22."""

from collections.abc import Mapping
from typing import Final

from bridge.line import Failure, FailureKind

_CODES: Final[Mapping[FailureKind, tuple[int, ...]]] = {
    FailureKind.MESSAGE: (
        *(1, 28, 30, 95, 96, 97, 99, 111, 128, 129, 130, 143, 144, 145, 159, 160, 161),
        *(175, 176, 195, 196, 197, 198, 199, 303, 304, 321),
    ),
    FailureKind.LINE: (8, 10, 21, 29, 50, 69, 193),
    FailureKind.TEMPORARY: (
        17,
        22,
        27,
        38,
        41,
        42,
        47,
        81,
        98,
        192,
        194,
        210,
        211,
        212,
        213,
        301,
        314,
        331,
        515,
    ),
    FailureKind.REPAIR: (*(208, 209, 300, 305, 310, 311, 312, 313, 315, 316, 317, 318, 320, 322, 330, 340),),
    FailureKind.UNKNOWN: (127, 255, 302, 332, 350, 500, 512, 513, 514, 517),
}
KIND_OF: Final[Mapping[int, FailureKind]] = {code: kind for kind, codes in _CODES.items() for code in codes}
"""The one table. Codes outside it: network values are temporary (TS 24.011, E-2), vendor values unknown."""
_FIRST_VENDOR_CODE: Final = 512
_RETRY_AFTER_S: Final[Mapping[int, float]] = {38: 60.0}
"""A network out of order needs longer than the usual pause."""


def failure_of(code: int) -> Failure:
    """The failure a code stands for."""
    default = FailureKind.UNKNOWN if code >= _FIRST_VENDOR_CODE else FailureKind.TEMPORARY
    return Failure(
        kind=KIND_OF.get(code, default),
        code=f"cms:{code}",
        text=f"the modem or network answered CMS error {code}",
        retry_after_s=_RETRY_AFTER_S.get(code),
    )
