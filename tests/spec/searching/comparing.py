"""Asks Akson and the oracle the same, page by page, and shrinks what they differ about to its smallest form."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import httpx

from tests.spec.searching.matching import split
from tests.spec.searching.oracle import Expected, Oracle
from tests.spec.searching.ordering import violates
from tests.spec.searching.rival import is_rivals
from tests.spec.searching.world import decoded

Pairs = list[tuple[str, str]]
Question = tuple[str, str, Pairs, bool]  # who, of which type, what, by POST
FORM = {"content-type": "application/x-www-form-urlencoded"}
USUAL = 50  # hits on a page when no count is asked for


@dataclass(frozen=True)
class Difference:
    """Where the two disagree: the smallest question found, and what each answers."""

    user: str
    type: str
    pairs: tuple[tuple[str, str], ...]
    told: str

    def __str__(self) -> str:
        query = "&".join(f"{name}={value}" for name, value in self.pairs)
        return f"{self.user}: GET {self.type}?{query}\n    {self.told}"


@dataclass
class Page:
    hits: list[str]
    included: set[str]
    total: int | None


class Comparison:
    """Compares over one world; what a rival writer changes meanwhile is left out of the answers."""

    def __init__(self, oracle: Oracle) -> None:
        self.oracle = oracle

    async def difference(self, user: str, type_: str, pairs: Pairs, *, post: bool = False) -> Difference | None:
        """Return the smallest question of this kind that the two disagree about; None when they agree."""
        if (first := await self._told(user, type_, pairs, post=post)) is None:
            return None
        shrunk = await self._shrunk(user, type_, pairs, post=post)
        told = await self._told(user, type_, shrunk, post=post)
        return Difference(user, type_, tuple(shrunk), told or f"only now and then: {first}")

    async def _shrunk(self, user: str, type_: str, pairs: Pairs, *, post: bool) -> Pairs:
        """Leave out parameters, then alternatives, one by one, as long as the two still disagree."""
        smaller = True
        while smaller:
            smaller = False
            for fewer in _fewer(pairs):
                if await self._told(user, type_, fewer, post=post) is not None:
                    pairs, smaller = fewer, True
                    break
        return pairs

    async def _told(self, user: str, type_: str, pairs: Pairs, *, post: bool) -> str | None:
        """Return what the two disagree about, in words; None when they agree."""
        # Beside, as some take seconds: what others ask meanwhile would be refused, their time being over.
        expected = await asyncio.to_thread(self.oracle.search, user, type_, pairs)
        try:
            pages = await self._pages(user, type_, pairs, post=post)
        except Exception as error:  # noqa: BLE001 - a bug that came through the door is a difference too
            return f"raised {error!r}"
        if isinstance(pages, str):
            return pages
        return self._hits(expected, pages) or self._shape(expected, pages) or self._along(user, expected, pages)

    async def _pages(self, user: str, type_: str, pairs: Pairs, *, post: bool) -> list[Page] | str:
        client = self.oracle.world.clients[user]
        if post:
            form = httpx.QueryParams(pairs)
            answer = await client.post(f"{type_}/_search", content=str(form), headers=FORM)
        else:
            answer = await client.get(type_, params=httpx.QueryParams(pairs))
        pages: list[Page] = []
        while True:
            if answer.status_code != 200:
                return f"refused with {answer.status_code}: {answer.text[:400]}"
            bundle = decoded(answer.content)
            pages.append(_page(bundle))
            following = [link["url"] for link in bundle["link"] if link["relation"] == "next"]
            if not following:
                return pages
            if len(pages) > 2000:
                return "the pages never end"
            answer = await client.get(following[0])

    def _hits(self, expected: Expected, pages: Sequence[Page]) -> str | None:
        got = [ref for page in pages for ref in page.hits if not is_rivals(ref)]
        wanted = expected.hits.keys()
        if len(set(got)) != len(got):
            return f"more than once: {sorted({ref for ref in got if got.count(ref) > 1})[:5]}"
        lacking, extra = sorted(wanted - set(got)), sorted(set(got) - wanted - expected.may.keys())
        if lacking or extra:
            return (
                f"{len(wanted)} expected; lacking {lacking[:4]} ({len(lacking)}), too many {extra[:4]} ({len(extra)})"
            )
        return None

    def _shape(self, expected: Expected, pages: Sequence[Page]) -> str | None:
        """Compare totals, the size of pages and the order."""
        quiet = not any(is_rivals(ref) for page in pages for ref in page.hits)
        wrong = [page.total for page in pages if page.total != len(expected.hits)]
        if expected.total and wrong and quiet and not expected.may:
            return f"total {wrong[0]}, expected {len(expected.hits)}"
        count = expected.count or USUAL
        if [len(page.hits) for page in pages[:-1]] != [count] * (len(pages) - 1):
            return f"pages of {[len(page.hits) for page in pages]}, expected {count} on each"
        known = expected.hits | expected.may
        hits = [known[ref] for page in pages for ref in page.hits if ref in known]
        for first, second in pairwise(hits):
            if violates(expected.sorts, first, second):
                return f"{first.ref} stands before {second.ref}"
        return None

    def _along(self, user: str, expected: Expected, pages: Sequence[Page]) -> str | None:
        for page in pages:
            known = expected.hits | expected.may
            hits = [known[ref] for ref in page.hits if ref in known]
            wanted = self.oracle.included(user, hits, expected.includes)
            got = {ref for ref in page.included if not is_rivals(ref)}
            if got != wanted:
                return f"included: lacking {sorted(wanted - got)[:4]}, too many {sorted(got - wanted)[:4]}; hits {page.hits[:4]}"
        return None


def _page(bundle: dict[str, Any]) -> Page:
    entries = [("/".join(e["fullUrl"].rsplit("/", 2)[1:]), e["search"]["mode"]) for e in bundle.get("entry", ())]
    hits = [ref for ref, mode in entries if mode == "match"]
    return Page(hits, {ref for ref, mode in entries if mode == "include"}, bundle.get("total"))


def _fewer(pairs: Pairs) -> list[Pairs]:
    without = [pairs[:n] + pairs[n + 1 :] for n in range(len(pairs))]
    for n, (name, value) in enumerate(pairs):
        parts = split(value, ",")
        for at in range(len(parts) if len(parts) > 1 else 0):
            without.append([*pairs[:n], (name, ",".join(parts[:at] + parts[at + 1 :])), *pairs[n + 1 :]])
    return without


async def compare(
    comparison: Comparison, questions: Iterable[Question], *, at_once: int = 6
) -> list[Difference | None]:
    """Ask many questions, some at the same time; return the difference of each."""
    waiting = list(enumerate(questions))
    found: dict[int, Difference | None] = {}

    async def work() -> None:
        while waiting:
            n, (user, type_, pairs, post) = waiting.pop()
            found[n] = await comparison.difference(user, type_, pairs, post=post)

    await asyncio.gather(*(work() for _ in range(at_once)))
    return [found[n] for n in sorted(found)]
