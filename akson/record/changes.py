"""One change to one resource, prepared: checked, indexed and packed; what is left is to decide and to write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from akson.access.facts import Labels
from akson.fhir import bodies, types
from akson.fhir.timeline import sort_date
from akson.record import packing
from akson.record.facts import GOVERNING
from akson.record.own import Own
from akson.record.projecting import FactRow
from akson.record.stored import Stored, marks_on
from akson.record.values import Given, Hasher, Opened, Values, values_of_all


class Change(msgspec.Struct, kw_only=True):
    """A resource as it shall be after the write; `resource` is None for a delete.

    expect   the version it stands on, 0 when it must not exist yet
    """

    method: str
    owner: int
    type: str
    id: str
    expect: int
    person: bool
    stored: Stored  # what the caller was given; learns its time when the set is written
    stands: Labels | None = None  # of the version it stands on: who may change that is asked too
    stated: tuple[bytes, ...] = ()  # the facts, as JSON, that the version it stands on gives rise to
    stood: dict[str, Any] | None = None  # what that version says: of a contact that states no relation, and of a form
    numbers: frozenset[str] = frozenset()  # "system|value": the national identifiers of that version
    outside: bool = False  # it is about units of another organisation than its author's; found by units.py
    returned: bool = False  # it was deleted once
    new_owner: bool = False
    elsewhere: bool = False  # the id was minted elsewhere and needs a locator row
    resource: dict[str, Any] | None = None
    packed: bytes | None = None
    salt: bytes = b""
    values: Values = msgspec.field(default_factory=Values)
    rules: int = 0  # revision of those of the installation's own that the values were made by
    facts: list[FactRow] = []
    lets_in: bool = True  # whether what these say of who gets at the record is written; decided by weighing.py
    changes_facts: bool = False
    identifiers: list[tuple[str, str]] = []
    labels: tuple[str, ...] = ()
    about: tuple[int, ...] = ()
    sort: datetime | None = None

    @property
    def brings(self) -> bool:
        """Whether it has content: anything but a delete."""
        return self.resource is not None

    @property
    def type_code(self) -> int:
        return types.code_of(self.type)

    @property
    def told(self) -> list[FactRow]:
        """The facts to write."""
        return self.facts if self.lets_in else [row for row in self.facts if row.kind not in GOVERNING]


class TextChange(Change):
    """A change that reads what it has packed when somebody asks for its tree; see drafts.TextDraft."""

    @property  # type: ignore[misc]  # a Struct allows it
    def resource(self) -> dict[str, Any] | None:
        return replace(self.stored, packed=self.packed).resource if self.packed else None

    @resource.setter
    def resource(self, read: dict[str, Any] | None) -> None:
        """Keep nothing: what is packed says the same."""

    @property
    def brings(self) -> bool:
        return self.packed is not None


class Content(NamedTuple):
    """What a change brings. hidden: the addresses of whose record this is are protected."""

    change: Change
    body: bytes
    resource: dict[str, Any]
    hidden: bool


def packed(body: bytes) -> bytes:
    """Return the text of a resource as it is stored."""
    return packing.packed(bodies.pack(bodies.split(body)))


def describe(change: Change, resource: dict[str, Any]) -> None:
    """Put into `change` what its content says of itself: labels, date."""
    change.resource = resource
    change.labels = tuple(sorted(marks_on(resource)))
    change.sort = sort_date(resource)


def fill(given: Sequence[Content], hasher: Hasher, opened: Opened, own: Own) -> None:
    """Put what is stored and what is searched into changes: packed bodies and search values.

    own  the installation's parameters
    """
    shortened = [bodies.pack(bodies.split(one.body)) for one in given]
    for one, content in zip(given, shortened, strict=True):
        one.change.packed = packing.packed(content)
        one.change.stored.packed = one.change.stored.packed or one.change.packed
    wanted = [Given(one.change.type, one.resource, own.of(one.change.type), one.hidden) for one in given]
    for one, values in zip(given, values_of_all(wanted, hasher, opened), strict=True):
        one.change.values, one.change.rules = values, own.revision
