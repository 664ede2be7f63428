"""Helsepersonellregisteret: who is authorised as what, as the register tells it, and what that means here. Pure.

Sources   HPR Offentlig API: addresses and scopes, utviklerportal.nhn.no (helsepersonellregisteret-offentlig-api); the
          shape of an answer as public clients of NAV read it. docs/hpr.md says what is not verified.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final, Protocol

import msgspec

from akson.base.errors import Refused
from akson.registers.codes import PROFESSION, SPECIALTY, volven

APPROVAL: Final = volven(7704)  # authorisation, licence ...
_ENDS: Final = (
    "tilbakekal",
    "suspen",
    "fratatt",
    "avkall",
)  # a reaction called so takes the right away, others limit it


class Away(Exception):
    """The register could not be asked, or its answer could not be read: nothing is known."""


class Unclear(Away):
    """The register answers, but nothing is known of this one: it may be asked about others."""


def failed(status: int) -> Away:
    """Return what an unexpected status means: a refused question is about that one, the rest about all."""
    about_one = 400 <= status < 500 and status not in (401, 403, 429)
    return (Unclear if about_one else Away)(f"status {status}")


class Result(StrEnum):
    """What the register's answer means for one role."""

    VALID = "valid"
    LIMITED = "limited"  # valid, under conditions
    UNKNOWN = "unknown"  # nobody has that number
    UNNUMBERED = "unnumbered"  # no number is known of them, so they are unknown there too
    ANOTHER = "another"  # the number is somebody else's, or the register does not say whose
    DOUBTED = "doubted"  # it knows them no more, and many others with them: it may be the register that is wrong
    ENDED = "ended"  # revoked, suspended, given up or run out
    OTHER_PROFESSION = "other-profession"

    @property
    def holds(self) -> bool:
        return self in (Result.VALID, Result.LIMITED)


@dataclass(frozen=True, kw_only=True)
class Approval:
    """One approval. profession: a code of Volven 9060; limits: conditions and reactions, as the register words them."""

    profession: str
    called: str
    kind: str  # a code of APPROVAL
    kind_called: str
    since: date | None
    until: date | None
    ended: bool
    limits: tuple[str, ...]
    specialties: tuple[tuple[str, str], ...]  # codes of Volven 7426 and what they are called

    def holds(self, day: date) -> bool:
        """Say whether one may work by it that day."""
        begun, over = self.since is None or self.since <= day, self.until is not None and self.until < day
        return begun and not over and not self.ended

    def qualification(self) -> dict[str, Any]:
        """Return it as Practitioner.qualification (no-basis: 9060, 7704, 7426)."""
        codings = [(PROFESSION, self.profession, self.called), (APPROVAL, self.kind, self.kind_called),
                   *((SPECIALTY, code, name) for code, name in self.specialties)]  # fmt: skip
        period = {"start": self.since, "end": self.until}
        said = ", ".join(filter(None, (self.called, self.kind_called.lower())))
        found: dict[str, Any] = {
            "code": {
                "coding": [{"system": system, "code": code} | ({"display": name} if name else {})
                           for system, code, name in codings if code],
                "text": "; ".join((said or self.profession, *self.limits)),
            },
            "issuer": {"display": REGISTER},
        }  # fmt: skip
        return found | ({"period": told} if (told := {n: d.isoformat() for n, d in period.items() if d}) else {})


REGISTER: Final = "Helsepersonellregisteret"


@dataclass(frozen=True, kw_only=True)
class Professional:
    """One person in the register. fnr: "" where the register does not tell it."""

    fnr: str
    approvals: tuple[Approval, ...]

    def may(self, professions: Collection[str], fnr: str, day: date) -> Result:
        """Say whether this person, known here by `fnr`, may work as one of the professions that day.

        A number that the register does not tie to anybody proves nothing of who gives it.
        """
        if fnr and self.fnr != fnr:
            return Result.ANOTHER
        named = [one for one in self.approvals if one.profession in professions]
        if not named:
            return Result.OTHER_PROFESSION
        held = [one for one in named if one.holds(day)]
        if not held:
            return Result.ENDED
        return Result.LIMITED if all(one.limits for one in held) else Result.VALID


class Professionals(Protocol):
    """The register, asked."""

    async def ask(self, number: str) -> Professional | None:
        """Return who has that HPR number; None when nobody does. Raises Away."""
        ...


class _Code(msgspec.Struct, frozen=True):
    navn: str | None = None
    verdi: str | None = None


class _Period(msgspec.Struct, frozen=True):
    fra: str | None = None
    til: str | None = None


class _Reaction(msgspec.Struct, frozen=True):
    type: _Code | None = None
    periode: _Period | None = None


class _Condition(msgspec.Struct, frozen=True):
    type: _Code | None = None


class _Specialty(msgspec.Struct, frozen=True, rename="camel"):
    type: _Code | None = None
    periode: _Period | None = None
    avsluttet_status: _Code | None = None


class _Approval(msgspec.Struct, frozen=True, rename="camel"):
    helsepersonellkategori: _Code | None = None
    autorisasjon: _Code | None = None
    periode: _Period | None = None
    spesialistgodkjenninger: list[_Specialty] | None = None
    conditions: list[_Condition] | None = msgspec.field(default=None, name="vilkår")
    avsluttet_status: _Code | None = None
    administrative_reaksjoner: list[_Reaction] | None = None


class _Person(msgspec.Struct, frozen=True):
    nin: str | None = None
    died: str | None = msgspec.field(default=None, name="dødsdato")


class _Answer(msgspec.Struct, frozen=True, rename="camel"):
    hpr_nummer: int
    person: _Person | None = None
    godkjenninger: list[_Approval] | None = None
    administrative_reaksjoner: list[_Reaction] | None = None


def read(body: bytes, number: str, day: date) -> Professional:
    """Return what the register answered about `number`, as it stands on `day`. Raises Away."""
    try:
        answer = msgspec.json.decode(body, type=_Answer)
        if answer.hpr_nummer != int(number):
            raise Away("the answer is about another number")
        person = answer.person or _Person()
        over_all = answer.administrative_reaksjoner or []
        return Professional(fnr=person.nin or "", approvals=tuple(
            _approval(one, over_all, day, died=person.died is not None) for one in answer.godkjenninger or ()
        ))  # fmt: skip
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError):
        raise Away("the answer is not as expected") from None


def _approval(one: _Approval, over_all: list[_Reaction], day: date, *, died: bool) -> Approval:
    since, until = _bounds(one.periode)
    reactions = [_name(each.type) for each in (*over_all, *(one.administrative_reaksjoner or ())) if _runs(each, day)]
    ending = [name for name in reactions if any(word in name.lower() for word in _ENDS)]
    status = [_name(one.avsluttet_status)] if one.avsluttet_status else []
    kind, profession = one.autorisasjon or _Code(), one.helsepersonellkategori or _Code()
    return Approval(
        profession=profession.verdi or "", called=profession.navn or "", kind=kind.verdi or "",
        kind_called=kind.navn or "", since=since, until=until, ended=bool(ending or status or died or not kind.verdi),
        limits=(*(_name(each.type) for each in one.conditions or ()), *reactions, *status),
        specialties=tuple((each.type.verdi or "", each.type.navn or "") for each in one.spesialistgodkjenninger or ()
                          if each.type and not each.avsluttet_status and _within(each.periode, day)),
    )  # fmt: skip


def _runs(reaction: _Reaction, day: date) -> bool:
    return _within(reaction.periode, day)


def _within(period: _Period | None, day: date) -> bool:
    since, until = _bounds(period)
    return (since is None or since <= day) and (until is None or day <= until)


def _bounds(period: _Period | None) -> tuple[date | None, date | None]:
    """Return first and last day; the register writes days, with or without a time behind."""
    first, last = (period.fra, period.til) if period else (None, None)
    return (date.fromisoformat(first[:10]) if first else None), (date.fromisoformat(last[:10]) if last else None)


def _name(code: _Code | None) -> str:
    """Return what it is called; one without a name still counts."""
    return (code.navn or code.verdi or REGISTER) if code else REGISTER


def refuse(result: Result) -> None:
    """Raise what keeps somebody from a role.

    Raises  Refused AK-R010 nobody has the number, AK-R011 it is another's, AK-R012 ended, AK-R013 another profession
    """
    codes = {Result.UNKNOWN: "AK-R010", Result.ANOTHER: "AK-R011", Result.ENDED: "AK-R012",
             Result.OTHER_PROFESSION: "AK-R013"}  # fmt: skip
    if result in codes:
        raise Refused(codes[result], path="hpr")
