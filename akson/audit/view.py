"""The citizen's log: who looked, when, at what and why, in plain Norwegian, one entry for each visit."""

from __future__ import annotations

import tomllib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType

import msgspec

from akson.base.database import Reads, Record
from akson.base.languages import language
from akson.base.queries import queries
from akson.base.work import Kind, Seen

SQL = queries(__file__)
SAME_VISIT = timedelta(minutes=30)  # between two looks by the same person
MOST = 1000  # rows of the log about one person's looks that are read at once
_NEVER = datetime.max.replace(tzinfo=UTC)
_seen = msgspec.json.Decoder(list[Seen])
# What the reader may not know of, yet or at all: "Type/id", the name of a rule, "page x by Practitioner/y" or "by *":
# all that was looked at with that page. Each with from when to when looks at it are not told of.
Unseen = Mapping[str, Sequence[tuple[datetime, datetime]]]
NOTHING: Unseen = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One person's looks at the record, close to each other.

    actor    who it was: "Practitioner/<id>", "Patient/<id>" or "Device/<name>"
    own      the citizen, not somebody else
    did      "leste oversikten", "skrev notater" ..., one thing each, each once, in the order they happened
    why      "fastlegeliste", "nødåpning" ...; reason: what was given for openings, each once
    refused  nothing was shown; rules: those that refused
    place    owner key of the unit acted for; 0 for citizens and programs
    elsewhere  of what was done, that which names another organisation
    """

    actor: str
    who: str
    role: str
    unit: str
    controller: str
    own: bool
    begun: datetime
    ended: datetime
    did: tuple[str, ...]
    why: tuple[str, ...]
    reason: str
    refused: bool
    rules: tuple[str, ...] = ()
    place: int = 0
    elsewhere: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Looks:
    """Visits, newest first. before: where the next page begins, None when there is none."""

    visits: tuple[Visit, ...]
    before: datetime | None


@dataclass(frozen=True, kw_only=True)
class _Look:
    """One row of the log, and what of it is told. hides: there is more in it that is not."""

    row: Record
    seen: Sequence[Seen]
    hides: bool


async def looked_at(
    reads: Reads, patient_key: int, before: datetime, limit: int = 200, unseen: Unseen = NOTHING
) -> Looks:
    """Return who looked at one person's record before an instant.

    limit   about how many rows of the log; a visit may be several rows
    unseen  nothing is told of it, nor a visit to nothing else; and it makes no page shorter
    """

    def page(end: datetime) -> Awaitable[Sequence[Record]]:
        return reads.fetch(SQL.looked_at, patient_key, end, limit + 1)

    looks = await _read(page, before, limit, lambda rows: _told_of(patient_key, rows, unseen))
    shown = [look for look in looks if len(looks) <= limit or look.row["at"] >= looks[limit - 1].row["at"]]
    return Looks(visits=_visits(patient_key, shown), before=shown[-1].row["at"] if len(shown) < len(looks) else None)


async def looked_at_by(
    reads: Reads, patient_key: int, who: str, period: tuple[datetime, datetime], *, unseen: Unseen = NOTHING
) -> tuple[Visit, ...]:
    """Return the visits of one to another's record, newest first; of the newest looks, about `MOST` that are told of.

    who     as the log names actors: "Practitioner/<id>"
    period  its first and last instant
    unseen  as in looked_at
    """
    since, until = period

    def page(end: datetime) -> Awaitable[Sequence[Record]]:
        upto = min(until, end - datetime.resolution)
        return reads.fetch(SQL.looked_at_by, patient_key, who, since, upto, MOST + 1)

    looks = await _read(page, _NEVER, MOST, lambda rows: _told_of(patient_key, rows, unseen))
    return _visits(patient_key, looks)


async def _read(
    page: Callable[[datetime], Awaitable[Sequence[Record]]], before: datetime, limit: int,
    told_of: Callable[[list[Record]], list[_Look]],
) -> list[_Look]:  # fmt: skip
    """Return looks before an instant that are told of: more than `limit`, or all there are.

    page    reads more than `limit` rows before an instant, if there are, and all of the last instant
    """
    looks = list[_Look]()
    while True:  # once more for each page's length of what is not told
        rows = _in_order(await page(before))
        looks += told_of(rows)
        if len(rows) <= limit or len(looks) > limit:
            return looks
        before = rows[-1]["at"]


def _in_order(rows: Iterable[Record]) -> list[Record]:
    return sorted(rows, key=lambda row: (row["at"], row["stream"], row["seq"]), reverse=True)


def in_words(what: str) -> str:
    """Return what was done, as the citizen reads it.

    in_words("page oversikt")               leste oversikten
    in_words("search Observation code")     leste målinger og funn
    in_words("Observation/x/_history/2")    leste målinger og funn
    in_words("Patient/x chart")             åpnet journalen
    in_words("POST Composition/x")          skrev notater
    in_words("asked list Sykehuset")        spurte Sykehuset hva de har i sin journal
    """
    known = _as_a_whole(what)
    if known:
        return known
    verb, things = _parts(what)
    return _words(language())["verb"][verb].format(thing=_and(things))


def _as_a_whole(what: str) -> str:
    """Return what a page or a look-up is called; "" for what was done to resources."""
    words = _words(language())
    first, _, rest = what.partition(" ")
    if first == "page":
        return words["page"].get(rest.split("/")[0], words["page"]["other"])
    if first == "asked":
        kind, _, name = rest.partition(" ")
        return words["asked"][kind.partition("/")[0]].format(name=name)
    if first == "app":
        return words["app"].get(rest.rpartition(" ")[2], words["app"]["other"])
    if first == "search" and rest.startswith("identity"):
        return words["search"]["ended" if rest.startswith("identity ended") else "identity"]
    return words["search"]["chart"] if rest == "chart" else ""


def _parts(what: str) -> tuple[str, list[str]]:
    """Return (verb, things) of what was done to resources, both as words-nb.toml has them."""
    words = _words(language())
    first, _, rest = what.partition(" ")
    verb, target = (first, rest) if first in words["verb"] else ("read", what)
    verb = "history" if target.endswith("/_history") else verb
    types = [t for t in target.split(" ")[0].split("/")[0].split(",") if t]
    return verb, list(dict.fromkeys(words["thing"].get(t, words["thing"]["other"]) for t in types or [""]))


def _told_of(patient: int, rows: Iterable[Record], unseen: Unseen) -> list[_Look]:
    """Return the rows with what is told of them, those of nothing else left out: they tie no two visits together."""
    found = []
    for row in rows:
        every = [s for s in _seen.decode(row["seen"]) if s.patient == patient]
        seen = _told(row, every, unseen) if unseen else every
        if seen or not every or row["actor_kind"] == Kind.SYSTEM:
            found.append(_Look(row=row, seen=seen, hides=len(seen) < len(every)))
    return found


def _visits(patient: int, looks: Iterable[_Look]) -> tuple[Visit, ...]:
    """Group looks, newest first, by who looked, as long as they are close; two may be looking at the same time."""
    open_: dict[tuple[object, ...], list[_Look]] = {}
    groups: list[list[_Look]] = []
    for look in looks:
        row = look.row
        key = (row["actor_kind"], row["actor_key"], row["actor_name"], row["unit"], row["outcome"] == "refuse")
        group = open_.get(key)
        if group is not None and group[-1].row["at"] - row["at"] <= SAME_VISIT:
            group.append(look)
        else:
            open_[key] = [look]
            groups.append(open_[key])
    return tuple(one for group in groups if (one := _visit(patient, group)))


def _visit(patient: int, looks: list[_Look]) -> Visit | None:
    if looks[0].row["actor_kind"] == Kind.SYSTEM and any(look.hides for look in looks):
        return None  # what else it did tells of it too
    rows, seen = [look.row for look in looks], [s for look in reversed(looks) for s in look.seen]
    first, last = rows[-1], rows[0]
    permitted = [s for s in seen if s.outcome == "permit"]
    told = permitted or seen
    return Visit(
        actor=last["actor_id"], who=last["actor_name"], role=last["actor_role"], unit=last["unit_name"],
        controller=last["controller_name"],
        own=last["actor_kind"] == Kind.CITIZEN and last["actor_key"] == patient,
        begun=first["at"], ended=last["at"], did=tuple(dict.fromkeys(one for s in told for one in _did(s))),
        why=tuple(dict.fromkeys(s.basis for s in told if s.basis)),
        reason="; ".join(dict.fromkeys(row["reason"] for row in reversed(rows) if row["reason"])),
        refused=not permitted,
        rules=() if permitted else tuple(dict.fromkeys(s.rule for s in told if s.rule)), place=last["unit"],
        elsewhere=tuple(one for s in told if s.what.startswith("asked ") for one in _did(s)),
    )  # fmt: skip


def _told(row: Record, every: list[Seen], unseen: Unseen) -> list[Seen]:
    """Return what the reader is told of one row of the log."""

    def hidden(*names: str) -> bool:
        return any(first <= row["at"] <= last for name in names for first, last in unseen.get(name, ()))

    if any(hidden(f"{s.what} by {row['actor_id']}", f"{s.what} by *") for s in every):
        return []
    return [s for s in every if not hidden(s.rule, *_named(s.what))]


def _named(what: str) -> list[str]:
    """Return what something was done to: "POST Observation/x", "Observation/x/_history/2"."""
    return [word.partition("/_history")[0] for word in what.split(" ")]


def _did(seen: Seen) -> list[str]:
    """Return what was done, one thing each."""
    words = _words(language())
    if seen.outcome != "permit":
        return [words["outcome"].get(seen.what) or words["outcome"].get(seen.outcome) or in_words(seen.what)]
    opening = words["opening"].get(seen.rule, "") if seen.what.startswith("POST Consent/") else ""
    if known := opening or _as_a_whole(seen.what):
        return [known]
    verb, things = _parts(seen.what)
    return [words["verb"][verb].format(thing=thing) for thing in things]


def _and(things: list[str]) -> str:
    return things[0] if len(things) == 1 else f"{', '.join(things[:-1])} og {things[-1]}"


@cache
def _words(language: str) -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads((Path(__file__).parent / f"words-{language}.toml").read_text("utf-8"))
