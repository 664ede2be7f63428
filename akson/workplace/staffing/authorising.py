"""Whether staff are authorised as what they work as: the register's answer, and what is kept of it.

Of each a VerificationResult says when the register was last asked and what it meant; the approvals themselves stand in
Practitioner.qualification. Where the register is away nothing is known, and the worker asks again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from akson.access.roles import ROLES
from akson.base.queries import queries
from akson.base.web.render import local
from akson.base.work import Work
from akson.patient.reading import moment, reference
from akson.record import journal
from akson.record.search.searching import search
from akson.record.session import execute
from akson.record.stored import Stored
from akson.record.weighing import AUTHORISED, vouch
from akson.registers.identifiers import HPR_SYSTEM, PERSON_SYSTEMS
from akson.registers.professionals import REGISTER, Away, Professional, Result, refuse

SQL = queries(__file__, "authorising.sql")
AGAIN: Final = timedelta(days=1)  # how often the register is asked about each
SOON: Final = timedelta(minutes=10)  # after it was away
AWAY: Final = "away"  # the register has never answered
TERM: Final = timedelta(days=14)  # how long somebody without a number keeps the role, or one whom it doubts
HELD: Final = timedelta(hours=1)  # when those are asked about again whom a doubtful register knows no more
_RESULT: Final = AUTHORISED  # primarySource.validationStatus: a Result, or AWAY
_SAYS: Final = "http://terminology.hl7.org/CodeSystem/validation-status"
_STATUS: Final = {AWAY: ("in-process", "unknown"), True: ("validated", "successful"), False: ("val-fail", "failed")}
Resource = Mapping[str, Any]
Answer = Professional | None | Away
DOUBTFUL: Final = frozenset({AWAY, str(Result.UNNUMBERED), str(Result.DOUBTED)})  # what the administrator is to look at
LOST: Final = frozenset({Result.UNKNOWN, Result.ANOTHER})  # what a fault in the register would say of everybody
_DUE: Final = {AWAY: SOON, str(Result.DOUBTED): HELD}  # when to ask again; others: AGAIN
_UNASKED: Final = frozenset({AWAY, str(Result.UNNUMBERED)})  # of whom the register has said nothing
_UNSURE: Final = frozenset({AWAY, str(Result.DOUBTED)})


@dataclass(frozen=True, kw_only=True)
class Said:
    """What is known of one: result (a Result, AWAY, or "" when nobody has asked), since when, and when last asked."""

    result: str = ""
    since: datetime | None = None
    asked: datetime | None = None

    @property
    def ends(self) -> datetime | None:
        """When who has no number, or whom the register knows no more with many others, loses the role; else None."""
        return self.since + TERM if self.result in (Result.UNNUMBERED, Result.DOUBTED) and self.since else None

    @property
    def known(self) -> bool:
        """Say whether the register has known them as what they work as."""
        return self.result == Result.DOUBTED or (self.result not in ("", AWAY) and Result(self.result).holds)

    def ended(self, now: datetime) -> bool:
        """Say whether the register took the role away."""
        if self.result in ("", AWAY) or Result(self.result).holds:
            return False
        return self.ends is None or self.ends <= now


async def ask(work: Work, number: str) -> Answer:
    """Return what the register says of an HPR number; Away where it does not answer, or there is none to ask."""
    register = work.office.professionals
    try:
        return await register.ask(number) if register and number else Away("nobody to ask")
    except Away as away:
        return away


def judged(answer: Answer, role: str, fnr: str, now: datetime) -> str:
    """Return what an answer means for one role: a Result, or AWAY."""
    if isinstance(answer, Away):
        return AWAY
    if answer is None:
        return Result.UNKNOWN
    return answer.may(ROLES[role].professions, fnr, local(now).date())


async def allowed(work: Work, role: str, fnr: str, number: str) -> tuple[Answer, str]:
    """Ask about somebody who is to get a role; return the answer, and what it means ("" when the role asks nothing).

    Raises  Refused AK-R010 to AK-R013 when the register says no
    """
    if role not in ROLES or not ROLES[role].professions:
        return Away("no need to ask"), ""
    answer = await ask(work, number)
    result = judged(answer, role, fnr, work.now)
    if result != AWAY:
        refuse(Result(result))
    return answer, result


async def keep(work: Work, person: Stored, answer: Answer, result: str) -> None:
    """Keep what was said of a person, when, and when to ask next.

    Where the register is away, what it said before stands with its time; so does when it was first doubted.
    Leaves   VerificationResult, Practitioner when its approvals are others now; access-log row; news
    """
    if isinstance(answer, Professional) and result != Result.ANOTHER:
        person = await _qualified(work, person, answer)
    before = await _result(work, person.reference)
    was = said(before.resource) if before else Said()
    if before is None or (result != AWAY and not result == was.result == Result.DOUBTED):
        await _write(work, person.reference, before, result)
    lost = result in LOST or result == Result.DOUBTED
    heard = result not in _UNASKED and (was.known or not lost)
    due = work.now + _DUE.get(result, AGAIN)
    await execute(work, SQL.asked, person.id, due, work.now if heard else None, lost)


async def _qualified(work: Work, person: Stored, answer: Professional) -> Stored:
    told = [one.qualification() for one in answer.approvals]
    if told == person.resource.get("qualification", []) or not told:
        return person
    return await journal.update(work, person.resource | {"qualification": told}, id_=person.id, if_match=person.version)


async def _result(work: Work, person: str) -> Stored | None:
    hits = (
        await search(work, "VerificationResult", [("target", person), ("_sort", "-_lastUpdated"), ("_count", "100")])
    ).hits
    return next((hit for hit in hits if said(hit.resource).result), None)


async def _write(work: Work, person: str, before: Stored | None, result: str) -> None:
    status, says = _STATUS[AWAY if result in _UNSURE else Result(result).holds]
    at = work.now.isoformat(timespec="milliseconds")
    same = before is not None and said(before.resource).result == result
    since = before.resource.get("statusDate", at) if before is not None and same else at
    vouch(work, person)
    resource = {
        "resourceType": "VerificationResult", "target": [{"reference": person}], "status": status, "statusDate": since,
        "targetLocation": ["Practitioner.qualification"], "lastPerformed": at,
        "primarySource": [{
            "who": {"display": REGISTER}, "validationDate": at,
            "validationStatus": {"coding": [{"system": _SAYS, "code": says}, {"system": _RESULT, "code": result}]},
        }],
    }  # fmt: skip
    if before is None:
        await journal.create(work, resource)
    else:
        await journal.update(work, resource, id_=before.id, if_match=before.version)


async def said_of(work: Work, persons: set[str]) -> dict[str, Said]:
    """Return what is known of each of these people, by reference; one search, whatever their number."""
    if not persons:
        return {}
    asked = [("target", ",".join(sorted(persons))), ("_sort", "-_lastUpdated"), ("_count", "1000")]
    found: dict[str, Said] = {}
    for hit in (await search(work, "VerificationResult", asked)).hits:
        if (told := said(hit.resource)).result:
            found.setdefault(reference(hit.resource["target"][0]), told)
    return found


def said(resource: Resource) -> Said:
    """Return what a VerificationResult about a person says; nothing of one that is no answer of the register."""
    source: Resource = next(iter(resource.get("primarySource") or ()), {})
    codings = (source.get("validationStatus") or {}).get("coding") or ()
    code = next((one.get("code", "") for one in codings if one.get("system") == _RESULT), "")
    known = code == AWAY or code in set(Result)
    if not known:
        return Said()
    return Said(result=code, since=moment(resource.get("statusDate")), asked=moment(source.get("validationDate")))


def number_of(person: Resource) -> str:
    """Return somebody's HPR number, or ""."""
    return next((one["value"] for one in person.get("identifier", ())
                 if one.get("system") == HPR_SYSTEM and one.get("value")), "")  # fmt: skip


def fnr_of(person: Resource) -> str:
    """Return somebody's national number, or ""."""
    return next((one["value"] for one in person.get("identifier", ())
                 if one.get("system") in PERSON_SYSTEMS and one.get("value")), "")  # fmt: skip


def codes_needing(role: Resource) -> list[str]:
    """Return what a PractitionerRole makes of somebody, of that which takes an authorisation."""
    codes = [coding.get("code", "") for code in role.get("code", ()) for coding in code.get("coding", ())]
    return [code for code in codes if code in ROLES and ROLES[code].professions]
