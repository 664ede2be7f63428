"""Where messages go: HER-id -> our unit, or the way to a party outside.

A HER-id is for addressing only; it never becomes an identifier of a resource (no-basis). A reference to who sent a
message names them by it where the register has no organisation number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from akson.base.database import Database, Reads, Record
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Work
from akson.exchange.envelope import ID_ORGANISATION, Ident, Organisation, Party
from akson.record.session import Within, fetch, transaction
from akson.registers.identifiers import OID, ORG_SYSTEM

SQL = queries(__file__)
EDI: Final = "edi:"  # through NHN's message server, which knows the way from the HER-id
AMQP: Final = "amqp:"  # through queues at a broker, which are named by the HER-id
FIKS: Final = "fiks:"  # reports to a barnevern, through KS Fiks: before the two numbers
HER: Final = "HER-id"
HER_SYSTEM: Final = OID + "2"
ENH: Final = "Organisasjonsnummeret i Enhetsregisteret"
# As change_address takes them.
_COLUMNS: Final = ("name", "parent", "org_number", "unit", "unit_id", "ours", "endpoint", "takes", "fiks", "consented",
                   "apprec")  # fmt: skip
_FIKS: Final = re.compile(r"\d{4}/\d{2}")


@dataclass(frozen=True, kw_only=True)
class Address:
    """One communication party.

    parent      HER-id on level 1; 0 when it is level 1 itself
    unit        owner key of its Organization in the journal; 0 where it has none
    unit_id     the same as a reference, "Organization/<id>"
    ours        messages to it are filed here
    endpoint    how it is reached: where the local transport posts, EDI or AMQP; "" for ours
    fiks        of a barnevern: how reports about children reach it, "<kommunenummer>/<bydelsnummer>"; "" for all others
    consented   it gives no health care: what it is told of a person takes a consent
    controller  owner key of the Organization on level 1 (filled when read)
    takes       message types (Volven 8279) it has said it takes; none: it has not said
    apprec      version of the receipts it reads (filled when read: its organisation's where nothing else is entered)
    closed      its unit is: nobody reads there what comes (told when read)
    """

    her_id: int
    name: str
    ours: bool
    parent: int = 0
    parent_name: str = ""
    org_number: str = ""
    unit: int = 0
    unit_id: str = ""
    endpoint: str = ""
    fiks: str = ""
    consented: bool = False
    controller: int = 0
    takes: tuple[str, ...] = ()
    apprec: str = "1.1"
    closed: bool = False

    def __post_init__(self) -> None:
        if self.endpoint not in ("", EDI, AMQP) and not _is_local(self.endpoint):
            raise ValueError("the local transport only posts to this machine")
        if self.fiks and not _FIKS.fullmatch(self.fiks):
            raise ValueError("a barnevern is reached by the numbers of its municipality and of its district")

    @property
    def takes_in(self) -> bool:
        """Say whether a message is filed here: it is a unit of ours where somebody works."""
        return self.ours and self.unit != 0 and not self.closed

    @property
    def organisation(self) -> int:
        """Return the HER-id of level 1: all its services are one sender."""
        return self.parent or self.her_id

    @property
    def numbers(self) -> list[dict[str, str]]:
        """Return what the organisation is known by, the best first: its number, its HER-id."""
        own = [{"system": ORG_SYSTEM, "value": self.org_number}] if self.org_number else []
        return [*own, {"system": HER_SYSTEM, "value": str(self.organisation)}]

    @property
    def party(self) -> Party:
        """Return it as sender or receiver in a message: level 1 with organisation number, level 2 inside."""
        numbers = (Ident(self.org_number, "ENH", ID_ORGANISATION, ENH),) if self.org_number else ()
        own = Ident(str(self.her_id), "HER", ID_ORGANISATION, HER)
        if not self.parent:
            return Party(organisation=Organisation(name=self.name, idents=(own, *numbers)))
        above = Ident(str(self.parent), "HER", ID_ORGANISATION, HER)
        return Party(
            organisation=Organisation(name=self.parent_name, idents=(above, *numbers)),
            service=Organisation(name=self.name, idents=(own,)),
        )


async def put(database: Database, addresses: Iterable[Address]) -> None:
    """Enter or correct addresses: of the seeds, and what the operator says."""
    await database.executemany(SQL.put_address, [
        (a.her_id, a.name, a.parent, a.org_number, a.unit, a.unit_id, a.ours, a.endpoint, list(a.takes), a.fiks,
         a.consented, a.apprec)
        for a in addresses
    ])  # fmt: skip


async def change(work: Work, her_id: int, named: Mapping[str, Any], *, fallback: str) -> None:
    """Enter an address, or correct what is named of the one that stands; all else stands as it did.

    named     by the columns of the table
    fallback  name of one that is new and has been given none
    Raises    Refused AK-X120 the organisation is not entered, AK-X121 it is a service, or the party itself; AK-X122
              the local transport would leave this machine, AK-X123 no number of a barnevern
    Leaves    what was entered before and after, in the access log
    """
    _hold_to_form(named)
    await transaction(work)
    if above := named.get("parent"):
        stands = await find(Within(work), [above])
        if above not in stands:
            raise Refused("AK-X120", parent=above)
        if stands[above].parent or above == her_id:
            raise Refused("AK-X121", parent=above)
    before = await fetch(work, SQL.hold_address, her_id)
    after = await fetch(work, SQL.change_address, her_id, *(named.get(column) for column in _COLUMNS), fallback)
    work.saw(0, f"address {her_id} {_difference(before, after)}")


def _hold_to_form(named: Mapping[str, Any]) -> None:
    endpoint, fiks = named.get("endpoint") or "", named.get("fiks") or ""
    if endpoint not in ("", EDI, AMQP) and not _is_local(endpoint):
        raise Refused("AK-X122")
    if fiks and not _FIKS.fullmatch(fiks):
        raise Refused("AK-X123")


def _difference(before: Sequence[Record], after: Sequence[Record]) -> str:
    """Return what was entered of an address and what is now: `endpoint: "" -> "edi:"`."""
    was, now = (json.loads(rows[0]["entered"]) if rows else {} for rows in (before, after))
    said = partial(json.dumps, ensure_ascii=False)
    changed = [column for column in _COLUMNS if was.get(column) != now[column]]
    told = [f"{column}: {said(was.get(column))} -> {said(now[column])}" for column in changed]
    return "; ".join(told) or "unchanged"


async def find(reads: Reads, her_ids: Iterable[int]) -> dict[int, Address]:
    """Return those of `her_ids` that are known."""
    rows = await reads.fetch(SQL.addresses, list(her_ids))
    return {row["her_id"]: Address(**dict(row) | {"takes": tuple(row["takes"])}) for row in rows}


async def every(reads: Reads) -> list[int]:
    """Return the HER-ids of all, ours and others'."""
    return [row["her_id"] for row in await reads.fetch(SQL.every_address)]


async def of_unit(reads: Reads, unit: int) -> Address | None:
    """Return the address one of our units sends from."""
    rows = await reads.fetch(SQL.address_of_unit, unit)
    found = await find(reads, [row["her_id"] for row in rows])
    return next(iter(found.values()), None)


async def all_of_unit(reads: Reads, unit: int) -> list[int]:
    """Return every HER-id that others write to one of our units by."""
    return [row["her_id"] for row in await reads.fetch(SQL.addresses_of_unit, unit)]


async def served(reads: Reads) -> list[int]:
    """Return the HER-ids of our units: what is sent to them is ours to fetch."""
    return [row["her_id"] for row in await reads.fetch(SQL.served)]


async def partners(reads: Reads, kind: str = "", *, consented: bool = False) -> list[tuple[int, str]]:
    """Return whom we can write to: HER-id and name, by name.

    kind       only those who have said they take this type (Volven 8279), where nobody has those who have said nothing;
               "": all
    consented  those it takes a consent to tell anything, and no others
    """
    return [(row["her_id"], row["name"]) for row in await reads.fetch(SQL.partners, kind, consented)]


async def takers(reads: Reads, kind: str) -> tuple[list[Address], list[Address]]:
    """Return whom we can write to by name: those who may take a type (Volven 8279), and those who say they do not.

    Who has said nothing may take it; where that is everybody, all may
    """
    offered = [her_id for her_id, _ in await partners(reads)]
    known = await find(reads, offered)
    every = [known[her_id] for her_id in offered if her_id in known]
    may = [one for one in every if not one.takes or kind in one.takes]
    return may, [one for one in every if one not in may]


async def barnevern(reads: Reads) -> list[tuple[int, str]]:
    """Return where a child can be reported: HER-id and name of each barnevern, by name."""
    return [(row["her_id"], row["name"]) for row in await reads.fetch(SQL.barnevern)]


async def shared(reads: Reads, units: Iterable[str]) -> list[str]:
    """Return the names of those of `units` ("Organization/<id>") that are ours: they read the record themselves."""
    return [row["name"] for row in await reads.fetch(SQL.shared, list(units))]


def _is_local(endpoint: str) -> bool:
    """Tell whether an address is on this machine: the shared secret must not travel further."""
    parts = urlsplit(endpoint)
    if parts.scheme != "http" or not parts.hostname:
        return False
    try:
        return ip_address(parts.hostname).is_loopback
    except ValueError:
        return parts.hostname == "localhost"
