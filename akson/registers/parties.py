"""Adresseregisteret: a communication party as its REST interface (CommunicationParty API) tells it. Pure.

Sources   the shape of an answer as public clients of NAV and KS read it (docs/sources.md); docs/addresses.md says what
          is not verified.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Protocol

import msgspec

from akson.registers.professionals import Unclear


@dataclass(frozen=True, kw_only=True)
class Party:
    """One communication party.

    parent       HER-id of the organisation it belongs to; 0 for an organisation itself, None where that is not told
    number       of Enhetsregisteret: its own, or that of the organisation; "" where none is told
    signing      thumbprint of the certificate it signs with now, "" for none; encryption: that is encrypted to
    since, until when it is in force; None where nothing is told
    """

    her_id: int
    name: str
    parent: int | None = None
    number: str = ""
    signing: str = ""
    encryption: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Say whether one may write to it now."""
        return (self.since is None or self.since <= now) and (self.until is None or now < self.until)


class Parties(Protocol):
    """The register, asked."""

    async def ask(self, her_id: int) -> Party | None:
        """Return the party with a HER-id; None when there is none. Raises Away, Unclear."""
        ...


_HerId = Annotated[int, msgspec.Meta(ge=1, lt=2**31)]
_Name = Annotated[str, msgspec.Meta(max_length=500, pattern=r"\A[^\x00-\x1f\x7f]*\Z")]


class _Parent(msgspec.Struct, frozen=True, rename="camel"):
    her_id: _HerId
    organization_number: str | int | None = None


class _Organisation(msgspec.Struct, frozen=True, rename="camel"):
    organization_number: str | int | None = None


class _Below(msgspec.Struct, frozen=True, rename="camel"):
    parent_organization: _Parent | None = None


class _Certificate(msgspec.Struct, frozen=True, rename="camel"):
    thumbprint: str | None = None


class _Party(msgspec.Struct, frozen=True, rename="camel"):
    her_id: int
    name: _Name | None = None
    display_name: _Name | None = None
    organization_details: _Organisation | None = None
    person_details: _Below | None = None
    service_details: _Below | None = None
    current_signing_certificate: _Certificate | None = None
    current_encryption_certificate: _Certificate | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None


def read(body: bytes, her_id: int) -> Party:
    """Return what the register answered about one HER-id. Raises Unclear where it cannot be read, or is of another."""
    try:
        told = msgspec.json.decode(body, type=_Party)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Unclear("the answer is not as expected") from None
    name = told.name or told.display_name
    if told.her_id != her_id or not name or any(one and one.tzinfo is None for one in (told.valid_from, told.valid_to)):
        raise Unclear("the answer is not as expected")
    below = told.service_details or told.person_details or _Below()
    parent = below.parent_organization
    own = told.organization_details.organization_number if told.organization_details else None
    return Party(
        her_id=her_id, name=name, parent=parent.her_id if parent else 0 if told.organization_details else None,
        number=str(own or (parent.organization_number if parent else None) or ""),
        signing=_thumbprint(told.current_signing_certificate),
        encryption=_thumbprint(told.current_encryption_certificate), since=told.valid_from, until=told.valid_to,
    )  # fmt: skip


def _thumbprint(certificate: _Certificate | None) -> str:
    return (certificate.thumbprint or "") if certificate else ""
