"""Who carries messages, and what they say of one. A carrier itself moves nothing.

A carrier takes one message and says what happened: the receiver's receipt, only that it was taken, not now, or never.
So no message is called delivered without a receipt, whatever the carrier is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol, TypeAlias, runtime_checkable

from akson.exchange.outbox import NO_FAULT, Claimed, Unconfirmed
from akson.exchange.safexml import Fault
from akson.exchange.states import Event

# Ways that know no message again, by scheme, with what is told where nobody knows whether one took a message: known
# to workers that have no such way, too.
ONCE: Final = {
    "fiks": "Det er ukjent om meldingen kom fram: vi fikk ikke noe sikkert svar fra Fiks bekymringsmelding. "
    "Ring barnevernet og spør. Send den på nytt bare når de ikke har den."
}
REFUSED_FOR_GOOD: Final = frozenset({400, 413, 415, 422})  # answers over HTTP that are about the message itself


class Came(Enum):
    """What came of handing a message over."""

    RECEIPT = "receipt"  # the receiver's side has it, durably
    TAKEN = "taken"  # somebody on the way has it; whether it arrives must be asked for
    AWAY = "away"  # nobody answers there: what goes the same way waits too, and is brought forward when somebody does
    LATER = "later"  # this one not now; others may
    REFUSED = "refused"  # trying again will not help
    UNKNOWN = "unknown"  # it may have been taken, and nobody can say: it ends, and what goes the same way waits


@dataclass(frozen=True)
class Handed:
    """What a carrier says of one message. id: what it calls it from now on; why: for people, nothing of the content.

    noted   that is noted already: it went a way where nothing may go twice
    tried   somebody was asked to take it
    """

    came: Came
    id: str = ""
    why: str = ""
    noted: bool = False
    tried: bool = True


class Delivery(Enum):
    """What a transport says of a message it has taken."""

    UNCONFIRMED = "Unconfirmed"
    UNDERWAY = "underway"  # taken by one who answers for it to the end: never to be sent again
    ACKNOWLEDGED = "Acknowledged"
    REJECTED = "Rejected"
    GONE = "gone"  # it knows no such message
    UNKNOWN = "unknown"  # it does not say
    AWAY = "away"  # it does not answer


@dataclass(frozen=True, kw_only=True)
class Said:
    """The same, with the AppRec where the transport knows it. apprec: the event it is; fault: what it says is wrong.

    unexplained   it has been refused, and why is to be asked for once more
    """

    delivery: Delivery
    apprec: Event | None = None
    fault: Fault = NO_FAULT
    unexplained: bool = False


class Carrier(Protocol):
    """A way for bytes to travel; knows nothing of states."""

    async def hand_over(self, claimed: Claimed) -> Handed:
        """Try once."""

    async def ask(self, asked: Unconfirmed) -> Said:
        """Say what became of a message it has taken."""


# Hands over what must not go twice. All that it still waits for comes before it asks whether the message is ours to
# send, and nothing between that and the request. Where it is not: TOO_LATE.
Goes: TypeAlias = Callable[[Callable[[], bool]], Awaitable[Handed]]
TOO_LATE: Final = Handed(Came.LATER, why="Sendingen ble avbrutt før meldingen gikk.")


@runtime_checkable
class Once(Protocol):
    """A way that knows no message again: nothing may go it twice. Its scheme stands in ONCE."""

    async def ready(self, claimed: Claimed) -> Handed | Goes:
        """Do all that can be done again; return what then hands it over, or why it does not go."""

    async def ask(self, asked: Unconfirmed) -> Said:
        """Say what became of a message it has taken."""


Carriers: TypeAlias = Mapping[str, Carrier | Once]  # scheme of an endpoint -> who carries to it


def scheme(endpoint: str) -> str:
    """Return what names the way to an endpoint."""
    return endpoint.partition(":")[0]
