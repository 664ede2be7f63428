"""Which message types a communication party has said it takes: from its profile (CPP), or as the operator enters them.

A profile names by its actions what a party receives; an action that is called as a message type we know is that type.
The register of profiles itself is not asked: the operator has the file from there.

Source   OASIS CPPA 2.0, cpp-cpa-2_0.xsd; profiles as NHN's CPPA service gives them (docs/addresses.md)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from lxml import etree

from akson.base.database import Database
from akson.exchange import nodes, registry
from akson.exchange.addresses import SQL
from akson.exchange.safexml import Unreadable, parse

CPPA: Final = "http://www.oasis-open.org/committees/ebxml-cppa/schema/cpp-cpa-2_0.xsd"
_ROOTS: Final = ("CollaborationProtocolProfile", "CollaborationProtocolAgreement")
_RECEIPT: Final = "APPREC"  # who takes messages takes these


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What a party receives. takes: message types (Volven 8279); others: what it calls in another way."""

    takes: frozenset[str]
    others: frozenset[str]


def read(data: bytes, her_id: int) -> Profile | None:
    """Return what the party with a HER-id receives by a profile, or an agreement it is part of; None: it is in neither.

    Raises   Unreadable it is no profile
    """
    root = parse(data)
    if nodes.local(root) not in _ROOTS or nodes.namespace(root) != CPPA:
        raise Unreadable("T10", "Filen er ingen CPP eller CPA.")
    party = next((each for each in nodes.children(root, "PartyInfo") if her_id in _numbers(each)), None)
    if party is None:
        return None
    actions = {action for action in _received(party) if action != _RECEIPT}
    takes = actions & set(registry.codes())
    return Profile(takes=frozenset(takes), others=frozenset(actions - takes))


async def enter(database: Database, her_id: int, takes: Iterable[str]) -> bool:
    """Enter what a party outside takes, nothing for one that has not said; False where there is no such party."""
    return bool(await database.fetch(SQL.put_takes, her_id, sorted(set(takes))))


def _numbers(party: etree._Element) -> Iterator[int]:
    """Yield the HER-ids of a party."""
    for each in nodes.children(party, "PartyId"):
        number = (each.text or "").strip()
        if each.get(f"{{{CPPA}}}type") == "HER" and number.isascii() and number.isdigit():
            yield int(number)


def _received(party: etree._Element) -> Iterator[str]:
    for each in party.iter(f"{{{CPPA}}}CanReceive"):
        for bound in nodes.children(each, "ThisPartyActionBinding"):
            yield bound.get(f"{{{CPPA}}}action", "").strip().upper()
