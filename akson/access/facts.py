"""What is known about an owner when access is decided: a few values, gathered once, no database behind them.

The journal projects them from the resources that are their truth (Consent, CareTeam, EpisodeOfCare, RelatedPerson ...)
and keeps them with the owner as JSON, [{"kind": ..., "value": ...}, ...]. A period holds from `start` until before
`end`. Every person and unit is an owner key; 0 is nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Literal

import msgspec

OBJECTION = "presumed-objection"  # mark: the author believes the patient would object, which counts as a block
WITHHELD = "withheld"  # mark: not for the patient to see
WITHHELD_AS = "withheld-as-"  # how a mark begins that names what is withheld to the patient, who learns no more of it
SEVERAL = "several-persons"  # mark: it belongs to nobody, for it is about several persons at once
BEREAVED = "etterlatte"  # stands where the role of a block does: relatives who are given insight after death
WITHHELD_FROM_PARENTS = "withheld-parents"  # mark: nor for those who represent a child
_PROTECTIONS = ("", "klientadresse", "kode7", "kode6")  # from least to most


def protects(word: str) -> int:
    """Return how strongly a word protects; one that nobody knows hides the address, no more."""
    return _PROTECTIONS.index(word) if word in _PROTECTIONS else 1


def strongest(words: Iterable[str]) -> str:
    """Return the word among these that protects most; "" when there are none."""
    return max(words, key=protects, default="")


class _Timed(msgspec.Struct, frozen=True, kw_only=True):
    start: datetime | None = None
    end: datetime | None = None

    def holds(self, now: datetime) -> bool:
        return (self.start is None or self.start <= now) and (self.end is None or now < self.end)


class Period(_Timed, frozen=True, kw_only=True):
    """A stretch of time."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """protection: "", "kode7" (confidential), "kode6" (strictly confidential) or "klientadresse".

    died  when the day of death begins, or the moment; None where nobody has said when
    """

    birth_date: date | None = None
    deceased: bool = False
    died: datetime | None = None
    protection: str = ""


class Relation(_Timed, frozen=True, kw_only=True):
    """Ties a unit, or one person (in that unit, or in any when unit is 0), to the patient.

    kind   gp, service, team, appointment, admission, referral, task
    """

    kind: str
    unit: int = 0
    person: int = 0


class Block(_Timed, frozen=True, kw_only=True):
    """A citizen's refusal: whom it is about, and what.

    persons, units, roles          the readers refused; none named = everybody. A person: Practitioner or own Patient;
                                   a role: of staff, or BEREAVED: relatives, once the person has died;
                                   a unit: the unit or the data controller the reader acts for
    documents, written_by, labels  the content refused: "Type/id", units or persons that wrote it, its marks
    dated                          what is dated within it is refused, be it written before or after; none of these:
                                   the whole record
    even_emergency                 an emergency opening does not lift it; always so for blocks that name persons
    """

    persons: tuple[int, ...] = ()
    units: tuple[int, ...] = ()
    roles: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    written_by: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()
    dated: Period | None = None
    even_emergency: bool = False

    @property
    def at_work(self) -> bool:
        """Whether it is about anybody but relatives after death."""
        return self.roles != (BEREAVED,)

    @property
    def whole(self) -> bool:
        return not (self.documents or self.written_by or self.labels or self.dated)


class Opening(_Timed, frozen=True, kw_only=True):
    """Access one member of staff has taken, with a reason or in an emergency; it ends by itself.

    learning  to look back at care they gave: nothing may be written under it
    """

    person: int
    unit: int
    emergency: bool = False
    learning: bool = False
    reason: str = ""


class Representation(_Timed, frozen=True, kw_only=True):
    """Lets a person act for another, or says that they are close. person: owner key of their own Patient.

    kind   parent (with parental responsibility), proxy, guardian; family: close, which bars from the record at work and
           lets nobody in; barnevern: has taken over the care of a child, person 0; withdrawn: has had a proxy
    areas  what it is for, see areas.py: of a proxy none = everything, of a guardian none = nothing
    here   a proxy that the person gave here; what a register tells of is ended by "withdrawn"
    """

    kind: Literal["parent", "proxy", "guardian", "family", "barnevern", "withdrawn"]
    person: int
    areas: tuple[str, ...] = ()
    here: bool = False


class Insight(_Timed, frozen=True, kw_only=True):
    """What one relative was given to read of a dead person's record. person: owner key of their own Patient.

    items  the entries, "Type/id"; nothing else
    """

    person: int
    items: tuple[str, ...]


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """One resource that more than one unit has written: all of them, whoever wrote last."""

    type: str
    id: str
    units: tuple[int, ...]


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All that access asks of one owner. rev: changes whenever any of it does.

    died      as Person has it
    insights  what relatives were given to read after the person's death
    youth     when a parent has consented to the person's own sign-in
    labelled  the resources that carry security marks: a search asks about each of them before it looks
    shared    the resources that several units have written
    subscriber  of a Subscription: whose it is, see subscribers.py
    """

    owner: int
    is_person: bool
    rev: int = 0
    birth_date: date | None = None
    deceased: bool = False
    died: datetime | None = None
    protection: str = ""
    relations: tuple[Relation, ...] = ()
    blocks: tuple[Block, ...] = ()
    openings: tuple[Opening, ...] = ()
    representations: tuple[Representation, ...] = ()
    insights: tuple[Insight, ...] = ()
    youth: tuple[Period, ...] = ()
    labelled: tuple[Labels, ...] = ()
    shared: tuple[Shared, ...] = ()
    subscriber: str = ""


class Labels(msgspec.Struct, frozen=True, kw_only=True):
    """What access asks of one resource.

    unit, author  owner keys of who wrote it; for a create, of the one who now writes
    security      the codes of its meta.security
    block         it is a refusal of the person's own that stands, whoever wrote it down
    letters       what a token must give for this, of SMART's c r u d s; "": what the act usually takes
    outside       it says who works at a unit of another organisation than the actor's, or what that unit is part of
    dates         by which it is judged to be of a time: its own, and for an older version the one it has now
    met           the narrowed scopes of the actor's token whose restriction it meets; without an id all are supposed
    keeper        owner key of the data controller that answers for it; told only where that decides
    past          it is a version that no longer stands
    """

    type: str
    id: str = ""
    unit: int = 0
    author: int = 0
    security: frozenset[str] = frozenset()
    block: bool = False
    letters: str = ""
    outside: bool = False
    dates: tuple[datetime, ...] = ()
    met: frozenset[str] = frozenset()
    keeper: int = 0
    past: bool = False


class _Row(msgspec.Struct, frozen=True, tag_field="kind"):
    """One fact as the journal keeps it."""


class _Person(_Row, frozen=True, tag="person"):
    value: Person


class _Relation(_Row, frozen=True, tag="relation"):
    value: Relation


class _Block(_Row, frozen=True, tag="block"):
    value: Block


class _Opening(_Row, frozen=True, tag="opening"):
    value: Opening


class _Representation(_Row, frozen=True, tag="representation"):
    value: Representation


class _Insight(_Row, frozen=True, tag="insight"):
    value: Insight


class _Youth(_Row, frozen=True, tag="youth"):
    value: Period


class _Protection(_Row, frozen=True, tag="protection"):
    """Also told by `person`; the row marks the owner as restricted."""


class _Employment(_Row, frozen=True, tag="employment"):
    """Read by sign-in."""


class _Unit(_Row, frozen=True, tag="unit"):
    """Read by sign-in and addressing."""


class _Professional(_Row, frozen=True, tag="professional"):
    """Read by sign-in."""


class _Subscriber(_Row, frozen=True, tag="subscriber"):
    value: str


class _Shared(_Row, frozen=True, tag="shared"):
    value: Shared


class _Labelled(_Row, frozen=True, tag="labelled"):
    value: Labels


_AnyRow = (
    _Labelled | _Shared | _Person | _Relation | _Block | _Opening | _Representation | _Protection | _Employment | _Unit
    | _Professional | _Subscriber | _Youth | _Insight
)  # fmt: skip
_decoder = msgspec.json.Decoder(list[_AnyRow])


def decode(owner: int, rev: int, text: str | bytes, *, is_person: bool) -> Facts:
    """Gather an owner's facts from the JSON kept with it.

    Raises  msgspec.ValidationError for a fact nobody knows: access is never decided on half of the facts
    """
    found: dict[type[_Row], list[Any]] = {}
    for row in _decoder.decode(text):
        found.setdefault(type(row), []).append(getattr(row, "value", None))
    person: Person = found.get(_Person, [Person()])[0]
    return Facts(
        owner=owner, rev=rev, is_person=is_person, birth_date=person.birth_date, deceased=person.deceased,
        died=person.died, protection=person.protection,
        relations=tuple(found.get(_Relation, ())), blocks=tuple(found.get(_Block, ())),
        openings=tuple(found.get(_Opening, ())), representations=tuple(found.get(_Representation, ())),
        insights=tuple(found.get(_Insight, ())), youth=tuple(found.get(_Youth, ())),
        labelled=tuple(found.get(_Labelled, ())), shared=tuple(found.get(_Shared, ())),
        subscriber=next(iter(found.get(_Subscriber, ())), ""),
    )  # fmt: skip
