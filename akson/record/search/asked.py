"""What a search that is understood consists of: conditions on resources of one type, order, company, page."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from akson.fhir.parameters import Parameter
from akson.record.own import Own

Interval = tuple[str, datetime, datetime] | tuple[str, Decimal, Decimal]  # prefix, low, high
USUAL = 50


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """One parameter with its alternatives; a resource must meet one of them.

    moments  of a date: the alternatives as stretches of time
    pairs    of :in, :not-in, :above, :below on codes: the (system, code) that they come to
    """

    parameter: Parameter
    modifier: str = ""
    values: tuple[str, ...]
    moments: tuple[Interval, ...] = ()
    pairs: tuple[tuple[str | None, str], ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Ids:
    """One of these ids."""

    values: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Updated:
    """Last updated in one of these stretches of time."""

    moments: tuple[Interval, ...]


@dataclass(frozen=True, kw_only=True)
class Words:
    """Words in the narrative, or anywhere: one of the alternatives."""

    values: tuple[str, ...]
    narrative: bool


@dataclass(frozen=True, kw_only=True)
class Listed:
    """Stands in a List. owner: the List's, 0 until it is known that the actor may see it."""

    id: str
    owner: int = 0


@dataclass(frozen=True, kw_only=True)
class Chain:
    """Points by `parameter` to a resource that meets its condition; by type of that resource."""

    parameter: Parameter
    inner: tuple[tuple[str, Condition], ...]


@dataclass(frozen=True, kw_only=True)
class Has:
    """Is pointed to, by `parameter` of a resource of type `source` that meets `inner`."""

    source: str
    parameter: Parameter
    inner: Condition


@dataclass(frozen=True, kw_only=True)
class Compartment:
    """Is in the compartment of Type/id: refers to it by one of the parameters, or is it. itself: may be it."""

    type: str
    id: str
    parameters: tuple[Parameter, ...]
    itself: bool


Condition = Criterion | Ids | Updated | Words | Listed | Chain | Has | Compartment


@dataclass(frozen=True, kw_only=True)
class Sort:
    """One sort key; parameter None stands for the two that are columns, by `name`."""

    name: str
    descending: bool
    parameter: Parameter | None = None


@dataclass(frozen=True, kw_only=True)
class Include:
    """_include or _revinclude of `source:parameter[:target]`.

    parameter  None: every reference of the source; source "" with it: of any type
    again      also of what was included
    """

    source: str
    parameter: Parameter | None
    target: str | None
    reverse: bool
    again: bool = False


@dataclass(kw_only=True)
class Asked:
    """A search that is understood."""

    type: str
    conditions: list[Condition] = field(default_factory=list)
    sort: list[Sort] = field(default_factory=list)
    includes: list[Include] = field(default_factory=list)
    count: int = USUAL
    total: bool = False
    after: str | None = None  # cursor of the next page
    unsure: bool = False  # of the types that a chain may lead to some do not know the parameter
    own: Own | None = None  # the installation's own parameters, where it was understood by them
