"""The lists of messages that wait for a human: what could not be filed, what did not arrive and what is stuck.

Each is shown a page at a time. A page goes on after the last message of the one before: whatever others see to
meanwhile, none is passed over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import urlencode

import msgspec

from akson.access.roles import Permission
from akson.base.errors import Refused
from akson.base.web.messages import texts
from akson.base.web.screens import Menu, Page, Screens, Visit
from akson.base.work import Work
from akson.exchange import inbox, outcomes
from akson.record.search import cursors
from akson.record.session import Within
from akson.workplace.model import Tab
from akson.workplace.unfiled import Unfiled, as_received, as_sent, homes_of

SCREENS = Screens(__name__)
ROWS: Final = 100  # of a list on one page
_Moment = Annotated[datetime, msgspec.Meta(tz=True)]
_Sent = tuple[_Moment, Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]]
_PLACES: Final[Mapping[str, Any]] = {"inn": tuple[_Moment, bytes], "ut": _Sent, "fast": _Sent}
Key = TypeVar("Key", bytes, int)


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """One page of a list.

    name        of the list: "inn", "ut" or "fast"
    count       of all that wait in it
    next_href   where those after these are; "": there are none
    first_href  where the list begins, when not here
    """

    name: str
    rows: tuple[Unfiled, ...]
    count: int
    next_href: str
    first_href: str


@SCREENS.screen("/meldinger", needs=Permission.ANSWER_FOR_MESSAGES, title="unfiled.title",
                methods=("GET",), menu=Menu(text="unfiled.menu", icon="mail", order=40))  # fmt: skip
async def unfiled(work: Work, visit: Visit) -> Page:
    """List what could not be filed, what did not arrive and what is stuck; no content, and nobody named."""
    reads, homes, me, since = Within(work), homes_of(work), work.actor.id, work.now - outcomes.STUCK_AFTER
    units = await outcomes.troubled_units(reads, homes, since, who=me)
    chosen = next((each for each in units if str(each["her_id"]) == visit.query.get("enhet", "")), None)
    unit, counted = (chosen["unit"], [chosen]) if chosen else (0, units)
    lists = [] if chosen else [await _came(work, visit)]
    went = await outcomes.for_humans(
        reads, homes, unit=unit, who=me, most=ROWS + 1, after=_after("ut", visit.query.get("ut"), outcomes.START)
    )
    stuck = await outcomes.stuck(
        reads,
        homes,
        since,
        unit=unit,
        who=me,
        most=ROWS + 1,
        after=_after("fast", visit.query.get("fast"), outcomes.START),
    )
    for name, rows, by, kind in (("ut", went, "deadline", "wrong"), ("fast", stuck, "created_at", "stuck")):
        shown = tuple(as_sent(row, work.now) for row in rows[:ROWS])
        more = [(row[by], row["key"]) for row in rows]
        lists.append(_page(visit, chosen, name, shown, more, sum(each[kind] for each in counted)))
    return Page("meldinger.html", lists=lists, tabs=_tabs(units, chosen))


async def _came(work: Work, visit: Visit) -> Waiting:
    """Return a page of what was received and could not be filed, of all units; two statements."""
    reads, homes = Within(work), homes_of(work)
    after = _after("inn", visit.query.get("inn"), (inbox.FIRST, b""))
    rows = await inbox.for_humans(reads, homes, ROWS + 1, after=after)
    shown = tuple(as_received(row, work.now) for row in rows[:ROWS])
    more = [(row["deadline"], row["digest"]) for row in rows]
    return _page(visit, None, "inn", shown, more, await inbox.count(reads, homes))


def _page(
    visit: Visit, chosen: Mapping[str, Any] | None, name: str, rows: tuple[Unfiled, ...],
    places: Sequence[tuple[datetime, bytes | int]], count: int,
) -> Waiting:  # fmt: skip
    """Return a page of a list. places: of the rows, and of one more where there is one."""
    unit = {"enhet": chosen["her_id"]} if chosen else {}
    further = {name: cursors.written(places[ROWS - 1])} if len(places) > ROWS else {}
    return Waiting(
        name=name, rows=rows, count=count, next_href=_href(name, unit | further) if further else "",
        first_href=_href(name, unit) if visit.query.get(name) else "",
    )  # fmt: skip


def _href(name: str, asked: Mapping[str, Any]) -> str:
    return f"/meldinger?{urlencode(asked)}#{name}" if asked else f"/meldinger#{name}"


def _after(name: str, written: str | None, start: tuple[datetime, Key]) -> tuple[datetime, Key]:
    """Return after which message a page of a list goes on. Raises Refused AK-S002."""
    if not written:
        return start
    try:
        at, key = cursors.read(written, _PLACES[name], name)
        return at.astimezone(UTC), key
    except OverflowError:  # no time in the world
        raise Refused("AK-S002", name=name) from None


def _tabs(units: list[dict[str, Any]], chosen: dict[str, Any] | None) -> tuple[Tab, ...]:
    """Return a tab for all and one for each unit with an address whose messages need somebody; none for one unit."""
    named = [each for each in units if each["her_id"]]
    everybody = Tab(text=texts().plain("unfiled.all_units"), href="/meldinger", current=chosen is None)
    return (everybody, *(
        Tab(text=each["name"], href=f"/meldinger?enhet={each['her_id']}", count=each["wrong"] + each["stuck"],
            current=each is chosen)
        for each in named
    )) if named else ()  # fmt: skip
