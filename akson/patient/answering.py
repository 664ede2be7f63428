"""Who answers for a person's record in each organisation that keeps one (journalansvarlig).

Staff who give care name them: a CareTeam of the organisation's with those who have answered, each with their time, so
that it holds its own history. It lets nobody in. Where nobody is named, or who was named works there no more, the rule
says who: of those admitted the unit's one doctor, or its leader; of those on a list the GP; the primary contact; the
leader; else who answers for records in the organisation as a whole.

Source   hpl § 39 (where several cooperate, one answers for the record), pjf § 5; domain rule R20
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from akson.access.facts import Relation
from akson.access.roles import ROLES, Permission, called, has
from akson.base.errors import Refused
from akson.base.work import Work
from akson.patient.reading import display, moment, reference
from akson.record import journal, relating
from akson.record.journal import Mark
from akson.record.projecting import FactRow, Lookup
from akson.record.relating import ANSWERS, ANSWERS_SYSTEM
from akson.record.stored import Stored
from akson.record.working import Post, posts

NAME: Final = "CareTeam:answers"  # of the chart
STAYS: Final = "Encounter:now"
WANTED: Final[Mapping[str, int]] = {NAME: 20}
SEEN: Final[Mapping[str, int]] = {**WANTED, "EpisodeOfCare": 50, STAYS: 20}  # what tells a citizen who keeps a record
MARK: Final[Mapping[str, Mark]] = {NAME: ("category", ANSWERS_SYSTEM, ANSWERS)}
SEEN_MARK: Final[Mapping[str, Mark]] = {**MARK, STAYS: ("status", None, "in-progress")}
_KEEPS: Final = frozenset({"gp", "service", "admission"})  # a message or an appointment begins no record
Resource = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Answering:
    """Who answers in one organisation. worker: None where nobody does; named: by staff, else by the rule."""

    home: int
    home_id: str
    home_name: str
    worker: Post | None
    named: bool

    @property
    def role(self) -> str:
        return called(self.worker.role) if self.worker else ""


@dataclass(frozen=True, kw_only=True)
class Held:
    """One who has been named: "Mariam Yusuf", from when, until when."""

    name: str
    start: datetime | None
    end: datetime | None


def seen_ties(work: Work, parts: Mapping[str, Sequence[Stored]]) -> list[Relation]:
    """Return the ties that what a citizen may read tells of: nothing follows from what is withheld."""
    lookup, rows = Lookup(work.office.ids.open), list[FactRow]()
    for patient in parts["Patient"]:
        for practice in patient.resource.get("generalPractitioner") or ():
            rows += relating.relations("gp", [reference(practice)], lookup, (None, None))
    for name in ("EpisodeOfCare", STAYS):
        for hit in parts[name]:
            rows += relating.PROJECTIONS[hit.type](hit.resource, lookup)
    told = (msgspec.json.decode(row.data)["value"] for row in rows)
    return [msgspec.convert(one, Relation, strict=False) for one in told]


async def kept_by(work: Work, relations: Iterable[Relation], teams: Sequence[Stored]) -> list[Post]:
    """Return who works now where these ties lead, and those who have been named; one statement."""
    tied = [one for one in relations if one.kind in _KEEPS and one.holds(work.now)]
    opened: Callable[[str], int | None] = work.office.ids.open
    named = {opened(current(team.resource, work.now).partition("/")[2]) or 0 for team in teams}
    units, persons = {one.unit for one in tied} - {0}, ({one.person for one in tied} | named) - {0}
    return await posts(work, units, persons)


def answering(
    found: Sequence[Post], relations: Iterable[Relation], teams: Sequence[Stored], now: datetime
) -> list[Answering]:
    """Return who answers in each organisation that the ties lead to, by name of the organisation."""
    tied = [one for one in relations if one.kind in _KEEPS and one.holds(now)]
    homes: dict[int, list[Post]] = defaultdict(list)
    for one in found:
        homes[one.home].append(one)
    kept = [every for every in homes.values() if any(_leads(tie, one) for tie in tied for one in every)]
    named = {_home(team.resource): current(team.resource, now) for team in reversed(teams)}
    return sorted((_of(every, tied, named) for every in kept), key=lambda one: one.home_name)


def _leads(tie: Relation, worker: Post) -> bool:
    return worker.unit == tie.unit if tie.unit else worker.person == tie.person


def _of(every: Sequence[Post], tied: Sequence[Relation], named: Mapping[str, str]) -> Answering:
    home = every[0]
    who = named.get(f"Organization/{home.home_id}", "")
    chosen = next((one for one in every if f"Practitioner/{one.id}" == who), None)
    return Answering(
        home=home.home, home_id=home.home_id, home_name=home.home_name, worker=chosen or _by_rule(every, tied),
        named=chosen is not None,
    )  # fmt: skip


def _by_rule(every: Sequence[Post], tied: Sequence[Relation]) -> Post | None:
    """Return who answers where nobody is named."""
    by_name = {kind: {tie.person for tie in tied if tie.kind == kind} - {0} for kind in _KEEPS}
    stays = {tie.unit for tie in tied if tie.kind == "admission"}
    units = {tie.unit for tie in tied} - {0}
    health = [one for one in every if ROLES[one.role].health]
    doctors = [one for one in health if one.unit in stays and has(one.role, Permission.DECIDE_ERASURE)]
    steps = (
        doctors if len({one.person for one in doctors}) == 1 else [],
        [one for one in every if one.unit in stays and one.role == "leder"],
        [one for one in health if one.person in by_name["gp"]],
        [one for one in health if one.person in by_name["service"]],
        [one for one in every if one.unit in units and one.role == "leder"],
        [one for one in every if one.unit == one.home and has(one.role, Permission.ANSWER_FOR_RECORD)],
    )
    return next((step[0] for step in steps if step), None)


def choices(found: Iterable[Post], home: int) -> dict[str, Post]:
    """Return whom staff of an organisation may name, by reference: health personnel who read the whole record."""
    able = (one for one in found if one.home == home and has(one.role, Permission.READ_CLINICAL))
    return {f"Practitioner/{one.id}": one for one in able if ROLES[one.role].health}


def current(team: Resource, now: datetime) -> str:
    """Return the one whom a team names now, "Practitioner/<id>"; "" for nobody."""
    if team.get("status") != "active":
        return ""
    every = team.get("participant") or ()
    return next((reference(one.get("member")) for one in reversed(every) if not _over(one, now)), "")


def _over(participant: Resource, now: datetime) -> bool:
    end = moment((participant.get("period") or {}).get("end"))
    return end is not None and end <= now


def history(team: Resource) -> list[Held]:
    """Return all who have been named, the latest first."""
    periods = ((one, one.get("period") or {}) for one in reversed(team.get("participant") or ()))
    return [Held(name=display(one.get("member")), start=moment(period.get("start")), end=moment(period.get("end")))
            for one, period in periods]  # fmt: skip


def of_home(teams: Sequence[Stored], home_id: str) -> Stored | None:
    """Return the team of one organisation."""
    return next((team for team in teams if _home(team.resource) == f"Organization/{home_id}"), None)


def _home(team: Resource) -> str:
    return next((reference(one) for one in team.get("managingOrganization") or ()), "")


async def name(work: Work, patient: str, stands: Stored | None, chosen: Post, *, drawn: int) -> None:
    """Name who answers for the record in an organisation; those before stay, with the time they had.

    drawn   the version of the team when the page was drawn, 0 when there was none
    Raises  Refused AK-J003 when somebody was named meanwhile, or what access says
    Leaves  CareTeam, access-log row, news
    """
    if (stands.version if stands else 0) != drawn:
        raise Refused("AK-J003")
    at = work.now.isoformat(timespec="milliseconds")
    before = [_closed(one, at) for one in (stands.resource.get("participant") or () if stands else ())]
    member = {"reference": f"Practitioner/{chosen.id}", "display": chosen.name}
    team = {
        "resourceType": "CareTeam", "status": "active", "subject": {"reference": f"Patient/{patient}"},
        "category": [{"coding": [{"system": ANSWERS_SYSTEM, "code": ANSWERS}], "text": "Journalansvarlig"}],
        "managingOrganization": [{"reference": f"Organization/{chosen.home_id}", "display": chosen.home_name}],
        "participant": [*before, {"role": [{"text": "Journalansvarlig"}], "member": member, "period": {"start": at}}],
    }  # fmt: skip
    if stands is None:
        await journal.create(work, team)
    else:
        await journal.update(work, team, id_=stands.id, if_match=stands.version)


def _closed(participant: Resource, at: str) -> Resource:
    period = participant.get("period") or {}
    return participant if period.get("end") else {**participant, "period": {**period, "end": at}}
