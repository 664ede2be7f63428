"""The surveillance at work: gathers the log into looks, judges those that are due, keeps what stands out.

Any worker may do it, one at a time. A turn is one page of rows or of looks, in one transaction that also notes how far
it came: it may be killed anywhere and goes on from there, and nothing is counted twice. A look is judged soon after it
and once more when WITHIN has passed, since only then it is known what was not written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from akson.access.roles import OUTSIDE
from akson.base.database import Database, Record
from akson.base.queries import queries
from akson.fhir.dates import HERE
from akson.fhir.folding import normalise
from akson.patient.watching import following, model
from akson.record import watched
from akson.record.search.asked import USUAL
from akson.record.watched import Known, Trace

SQL = queries(__file__)
ROWS: Final = 2000  # of the log in a turn
LOOKS: Final = 200  # judged in a turn
_STREAMS: Final = 50
SOON: Final = timedelta(minutes=5)  # after a look: it may go on
BACK: Final = timedelta(days=35)  # how far a log is gathered that has not been before
KEPT: Final = timedelta(days=90)  # longer than what is usual is counted from, so that it can be looked into
SEARCHES_KEPT: Final = timedelta(days=14)  # longer than a day may be judged anew, unless the worker is late
_ATTESTED: Final = "attested_by_own_organisation"
_OPENINGS: Final = ["opened_in_emergency", "opened_with_reason", "may_open_in_emergency", "may_open_with_reason"]
_LINE: Final = re.compile(r"(?P<street>.*?\D)\s*(?P<number>\d+)\s*(?P<rest>.*)")
_COLUMNS: Final = ("actor", "day", "unit", "patient", "controller", "actor_id", "actor_name", "actor_role", "unit_name",
                   "first", "last", "opened", "refused", "signs", "strength", "records", "usual", "searches",
                   "searches_usual")  # fmt: skip
_OF_DAYS: Final = ("records", "usual", "searches", "searches_usual")


async def turn(database: Database, now: datetime) -> int:
    """Gather a page of the log, or judge a page of looks; return how much was done, 0 when nothing was left."""
    async with database.transaction() as connection:
        if not await connection.fetch(SQL.turn):
            return 0
        return await _gather(database, connection, now) or await _judge(database, connection, now)


async def forget(database: Database, now: datetime) -> None:
    """Take away what nothing is counted from any more."""
    await database.execute(SQL.forget, now.astimezone(HERE).date() - KEPT, _forgotten(now))


def _forgotten(now: datetime) -> date:
    """Return before which day searches are forgotten, once they are judged."""
    return now.astimezone(HERE).date() - SEARCHES_KEPT


async def _gather(database: Database, connection: Any, now: datetime) -> int:
    done = 0
    for stream in await connection.fetch(SQL.waiting, now - BACK, _STREAMS):
        page = stream["stream"], stream["seq"], stream["opened"], ROWS
        seen = await connection.fetch(SQL.elsewhere, *page, OUTSIDE, f'[{{"rule": "{_ATTESTED}"}}]')
        kept = await watched.keepers(database, [row["patient"] for row in seen])
        done += await connection.fetchval(
            SQL.gather, *page, _OPENINGS, SOON, OUTSIDE, _ATTESTED, list(kept), list(kept.values())
        )
        if done >= ROWS:
            break
    return done


async def _judge(database: Database, connection: Any, now: datetime) -> int:
    looks = await connection.fetch(SQL.due, now, LOOKS)
    if not looks:
        return 0
    pairs = await _pairs(database, connection, looks, now)
    rows = [_row(look, model.judged(pair)) for look, pair in zip(looks, pairs, strict=True) if pair]
    rows += await _volumes(connection, looks, now)
    columns = [[row[name] for row in rows] for name in _COLUMNS]
    await connection.execute(SQL.found, *columns, now, model.FLOOR)
    keys = [[look[name] for look in looks] for name in ("actor", "day", "unit", "patient")]
    await connection.execute(SQL.judged, *keys, [_again(look["day"], now) for look in looks])
    return len(looks)


def _again(day: date, now: datetime) -> datetime | None:
    """Return when a look is judged once more: when everything that could be written in time has been."""
    return None if _settled(day, now) else _end(day)


def _settled(day: date, now: datetime) -> bool:
    return _end(day) <= now


def _end(day: date) -> datetime:
    return datetime.combine(model.window(day)[1] + timedelta(days=1), time.min, HERE)


@dataclass(frozen=True)
class _Around:
    """What is known around a page of looks."""

    residents: Mapping[int, int]
    known: Mapping[int, Known]
    works: Mapping[int, set[int]]
    bearers: Mapping[str, int]


async def _pairs(
    database: Database, connection: Any, looks: Sequence[Record], now: datetime
) -> list[model.Pair | None]:
    """Return each look with what is known beside it; None where the record is not a person's. Seven statements."""
    residents = await watched.residents(database, {look["actor"] for look in looks})
    patients = {look["patient"] for look in looks}
    known = await watched.humans(database, {*residents.values(), *patients, *(one["actor"] for one in looks)})
    shared = {name for look in looks for name in _shared(look, residents, known)}
    around = _Around(residents, known, await watched.workplaces(database, patients, now),
                     await watched.bearers(database, shared, model.SELDOM))  # fmt: skip
    traces = await watched.traces(database, [_asked(look) for look in looks])
    marked = await following.marked(connection, [_compared(look) for look in looks])
    together = zip(looks, traces, marked, strict=True)
    return [_pair(look, trace, around, now, known=known) for look, trace, known in together]


def _compared(look: Record) -> following.Look:
    return following.Look(**{name: look[name] for name in ("controller", "patient", "day", "last")})


def _asked(look: Record) -> watched.Asked:
    first, _ = model.window(look["day"])
    return watched.Asked(patient=look["patient"], actor=look["actor"], unit=look["unit"], until=_end(look["day"]),
                         since=datetime.combine(first, time.min, HERE))  # fmt: skip


def _shared(look: Record, residents: Mapping[int, int], known: Mapping[int, Known]) -> frozenset[str]:
    """Return the family names that who looks shares with whose record it is."""
    own = _names(look["actor"], residents, known)
    return own & known[look["patient"]].names if look["patient"] in known else frozenset()


def _names(actor: int, residents: Mapping[int, int], known: Mapping[int, Known]) -> frozenset[str]:
    return frozenset().union(*(known[one].names for one in (actor, residents.get(actor, 0)) if one in known))


def _pair(look: Record, trace: Trace, around: _Around, now: datetime, *, known: bool) -> model.Pair | None:
    whom = around.known.get(look["patient"])
    if whom is None or not whom.person:
        return None
    own = around.residents.get(look["actor"], 0)
    shared = [around.bearers[name] for name in _shared(look, around.residents, around.known)]
    return model.Pair(
        who=_human(own, around.known.get(own) or around.known.get(look["actor"])), whom=_human(look["patient"], whom),
        opened=look["opened"], refused=look["refused"], by_opening=look["openings"] > 0,
        same_unit=look["unit"] in around.works.get(look["patient"], ()), bearers=min(shared, default=None),
        known=known, crowd=look["others"], usual=float(look["usual"]), own_work=trace.own,
        units_work=trace.units, settled=_settled(look["day"], now),
    )  # fmt: skip


def _human(owner: int, known: Known | None) -> model.Human:
    if known is None:
        return model.Human(owner=owner)
    homes = tuple(home for address in known.addresses for home in _homes(address))
    return model.Human(owner=owner, names=known.names, homes=homes, close=known.close, hidden=known.hidden)


def _homes(address: Mapping[str, Any]) -> Iterator[model.Home]:
    """Yield the place of living in an address, when it names a house."""
    for line in (address.get("line") or ())[:1]:
        found = _LINE.fullmatch(normalise(line))
        place = str(address.get("postalCode") or normalise(str(address.get("city") or "")))
        if found and place and address.get("use") != "old":
            yield model.Home(street=found["street"].strip(), number=int(found["number"][:6]), place=place,
                             rest=found["rest"])  # fmt: skip


def _row(look: Record, judgement: model.Judgement) -> dict[str, Any]:
    more = {"signs": " ".join(judgement.signs), "strength": judgement.strength, **dict.fromkeys(_OF_DAYS, 0)}
    return {**{name: look[name] for name in _COLUMNS if name not in more}, **more}


async def _volumes(connection: Any, looks: Sequence[Record], now: datetime) -> list[dict[str, Any]]:
    """Return the days among these, with why one stands out: many records opened, or searches that led nowhere.

    Two statements.
    """
    keys = [[look[name] for look in looks] for name in ("actor", "day", "unit")]
    await connection.execute(SQL.count, *keys, _forgotten(now), USUAL)
    found = []
    for row in await connection.fetch(SQL.days, *keys):
        volume = model.Volume(records=row["records"], own=tuple(row["own"]), unit=tuple(row["others"]))
        searches = model.Volume(records=row["searches"], own=tuple(row["own_searches"]),
                                unit=tuple(row["others_searches"]))  # fmt: skip
        signs = model.day(volume, searches)
        more = {"patient": 0, "signs": " ".join(signs or (model.VOLUME,)), "usual": volume.usual,
                "strength": sum(model.POINTS[one] for one in signs), "searches_usual": searches.usual}  # fmt: skip
        found.append({**{name: row[name] for name in _COLUMNS if name not in more}, **more})
    return found
