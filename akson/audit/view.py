"""The citizen's log: who looked, when, at what and why, in plain Norwegian, one entry for each visit."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import msgspec

from akson.base.database import Reads, Record
from akson.base.languages import language
from akson.base.queries import queries
from akson.base.work import Kind, Seen

SQL = queries(__file__)
SAME_VISIT = timedelta(minutes=30)  # between two looks by the same person
MOST = 1000  # rows of the log about one person's looks that are read at once
_seen = msgspec.json.Decoder(list[Seen])


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One person's looks at the record, close to each other.

    actor    who it was: "Practitioner/<id>", "Patient/<id>" or "Device/<name>"
    own      the citizen, not somebody else
    did      "leste oversikten", "skrev notater" ..., one thing each, each once, in the order they happened
    why      "fastlegeliste", "nødåpning" ...; reason: what was given for openings, each once
    refused  nothing was shown; rules: those that refused
    place    owner key of the unit acted for; 0 for citizens and programs
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


@dataclass(frozen=True, kw_only=True)
class Looks:
    """Visits, newest first. before: where the next page begins, None when there is none."""

    visits: tuple[Visit, ...]
    before: datetime | None


async def looked_at(
    reads: Reads, patient_key: int, before: datetime, limit: int = 200, unseen: Collection[str] = ()
) -> Looks:
    """Return who looked at one person's record before an instant.

    limit   about how many rows of the log; a visit may be several rows
    unseen  what the reader may not know of, yet or at all: "Type/id", the name of a rule, or "page x by Practitioner/y"
            for all that was looked at with that page; nothing is told of it, nor a visit to nothing else
    """
    rows = _in_order(await reads.fetch(SQL.looked_at, patient_key, before, limit))
    visits = [_visit(patient_key, group, unseen) for group in _visits(rows)]
    return Looks(visits=tuple(one for one in visits if one), before=rows[-1]["at"] if len(rows) >= limit else None)


async def looked_at_by(
    reads: Reads, patient_key: int, who: str, period: tuple[datetime, datetime], limit: int = MOST,
    unseen: Collection[str] = (),
) -> tuple[Visit, ...]:  # fmt: skip
    """Return the visits of one to another's record, newest first.

    who     as the log names actors: "Practitioner/<id>"
    period  its first and last instant
    unseen  as in looked_at
    """
    rows = _in_order(await reads.fetch(SQL.looked_at_by, patient_key, who, *period, limit))
    return tuple(one for group in _visits(rows) if (one := _visit(patient_key, group, unseen)))


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


def _visits(rows: Iterable[Record]) -> list[list[Record]]:
    """Group rows, newest first, by who looked, as long as the looks are close; two may be looking at the same time."""
    open_: dict[tuple[object, ...], list[Record]] = {}
    groups: list[list[Record]] = []
    for row in rows:
        key = (row["actor_kind"], row["actor_key"], row["actor_name"], row["unit"], row["outcome"] == "refuse")
        group = open_.get(key)
        if group is not None and group[-1]["at"] - row["at"] <= SAME_VISIT:
            group.append(row)
        else:
            open_[key] = [row]
            groups.append(open_[key])
    return groups


def _visit(patient: int, rows: list[Record], unseen: Collection[str]) -> Visit | None:
    looks = [(row, [s for s in _seen.decode(row["seen"]) if s.patient == patient]) for row in rows]
    left = [(row, _told(row, every, unseen)) for row, every in looks] if unseen else looks
    hides = sum(map(len, (seen for _, seen in left))) < sum(map(len, (every for _, every in looks)))
    if hides and rows[0]["actor_kind"] == Kind.SYSTEM:
        return None  # what else it did tells of it too
    left = [(row, seen) for (row, seen), (_, every) in zip(left, looks, strict=True) if seen or not every]
    if not left:
        return None
    rows, seen = [row for row, _ in left], [s for _, one in reversed(left) for s in one]
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
    )  # fmt: skip


def _told(row: Record, every: list[Seen], unseen: Collection[str]) -> list[Seen]:
    """Return what the reader is told of one row of the log."""
    if any(f"{s.what} by {row['actor_id']}" in unseen for s in every):
        return []
    return [s for s in every if s.rule not in unseen and not _names_any(s.what, unseen)]


def _names_any(what: str, unseen: Collection[str]) -> bool:
    """Say whether what was done was done to one of these: "POST Observation/x", "Observation/x/_history/2"."""
    named = (word.partition("/_history")[0] for word in what.split(" "))
    return any(word in unseen for word in named)


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
