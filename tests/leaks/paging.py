"""The citizens' pages as those who act for somebody with a hidden address get them: none tells where that one is.

Every page of the portal's own table is opened, then what it leads to: links, and what may be chosen in its forms. A page
that is new tomorrow is read tomorrow. What an answer may hold is the oracle's word (sees.py), and nothing of the registers
that leads to the place: ids, names, and the words of who works there.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from akson.base.errors import Refused
from akson.portal import bereaved, closing, rights
from akson.portal.screens import SCREENS
from tests.leaks.judging import Leak, Tally
from tests.leaks.marks import FOUND
from tests.leaks.sees import Asker, sees
from tests.leaks.village import Village
from tests.portal.pages import show
from tests.seeded import Town

PAGES: Final = sorted({one.path for found in (SCREENS, bereaved.SCREENS, rights.SCREENS) for one in found.found})
MOST: Final = 3  # of the ways from one page to another
_LINK: Final = re.compile(r'href="(/min[^"#]*)')
_FORM: Final = re.compile(r'<form method="get" action="([^"]+)".*?</form>', re.S)
_CHOICE: Final = re.compile(r'<select[^>]* name="([^"]+)".*?</select>', re.S)
_OPTION: Final = re.compile(r'<option value="([^"]+)"')
_CLOSING: Final = [
    (closing.PATH, {"sperr": what, "for": whom}) for what, whom in zip(closing.WHATS * 2, closing.WHOMS, strict=False)
]
Query = dict[str, str]


@dataclass(frozen=True)
class Reading:
    """One who reads the pages about one person."""

    village: Village
    asker: Asker
    person: str

    async def page(self, path: str, query: Query) -> str:
        """Return a page as the browser gets it, or why it is refused."""
        actor = replace(self.village.actors[self.asker.name], scopes=frozenset())
        town = Town(self.village.office, self.village.names)
        try:
            return html.unescape(
                (await show(town, actor, path, id_=self.village.id(f"Patient/{self.person}"), **query)).html
            )
        except Refused as refused:
            return refused.code

    def leak(self, path: str, query: Query, told: str) -> Leak | None:
        """Return what a page gives away but for what the address itself said."""
        hidden = [mark for mark in set(FOUND.findall(told)) if self._hides(mark)]
        at_ = self.village.whereabouts[self.person]
        placed = (
            [] if sees(self.asker, self.person, "place", frozenset({"Patient"})) else [name for name, _ in at_.names]
        )
        found = [one for one in (*hidden, *placed) if one in told and one not in query.values()]
        return Leak(asker=self.asker.name, person=self.person, part="place", asked=f"{path} {query}",
                    told=", ".join(found)) if found else None  # fmt: skip

    def _hides(self, mark: str) -> bool:
        item = self.village.marks.get(mark)
        return item is not None and not sees(self.asker, item.person, item.part, item.kinds)


def readers(village: Village, asker: Asker) -> Iterator[Reading]:
    """Yield the readings of somebody who acts for others, one for each of those with a hidden address."""
    for person in village.whereabouts if asker.kind == "citizen" and not asker.scopes else ():
        if person != asker.name and sees(asker, person, "plain", frozenset({"Patient"})):
            yield Reading(village, asker, person)


async def read_pages(reading: Reading, *, first: bool = False) -> Tally:
    """Read every page about a person, and what each leads to; first: until something was given away."""
    tally, waiting = Tally(), [(path, Query()) for path in PAGES] + _CLOSING
    known = {(path, tuple(query.items())) for path, query in waiting}
    for path, query in waiting:  # grows as pages lead on
        told = await reading.page(path, query)
        tally.attempts += 1
        tally.seen += "<html" in told
        if leak := reading.leak(path, query, told):
            tally.leaks.append(leak)
            if first:
                break
        for way in _ways(told, reading.village.id(f"Patient/{reading.person}")):
            if (key := (way[0], tuple(way[1].items()))) not in known:
                known.add(key)
                waiting.append(way)
    return tally


def _ways(told: str, person: str) -> Iterator[tuple[str, Query]]:
    """Yield what a page leads to of the same person, of each page some."""
    counts: dict[str, int] = {}
    for address in (*_LINK.findall(told), *_chosen(told)):
        path, query = urlsplit(address).path, dict(parse_qsl(urlsplit(address).query))
        if query.pop("person", "") == person and query and path in PAGES:
            counts[path] = counts.get(path, 0) + 1
            if counts[path] <= MOST:
                yield path, query


def _chosen(told: str) -> Iterator[str]:
    """Yield the addresses that forms lead to."""
    for form in _FORM.finditer(told):
        kept = "&".join(
            f"{name}={value}" for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form[0])
        )
        for choice in _CHOICE.finditer(form[0]):
            for value in _OPTION.findall(choice[0]):
                yield f"{form[1]}?{kept}&{choice[1]}={value}"
