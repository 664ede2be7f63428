"""Search: what is asked is understood, whose records may hold hits is asked of the rules, one statement finds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import asyncpg

from akson.access.facts import Facts, Labels
from akson.access.rules import Act
from akson.base.errors import Refused
from akson.base.work import Work
from akson.fhir import owners
from akson.fhir import search as extraction
from akson.record.deciding import asked as decision
from akson.record.masking import shown
from akson.record.search.asked import Asked
from akson.record.search.asking import Asking
from akson.record.search.company import included
from akson.record.search.compiling import Compiler, Ready
from akson.record.search.resolving import resolve
from akson.record.search.scopes import Scopes
from akson.record.session import fetch
from akson.record.stored import Stored
from akson.record.writing import flush

Pairs = Sequence[tuple[str, str]]


@dataclass(kw_only=True)
class Page:
    """What one search found."""

    hits: list[Stored] = field(default_factory=list)
    included: list[Stored] = field(default_factory=list)
    next: str | None = None  # cursor for `_after`
    total: int | None = None


async def search(
    work: Work, type_: str, pairs: Pairs, *, act: Act = Act.READ, within: tuple[str, str] | None = None
) -> Page:
    """Return one page of the resources of `type_` that meet all of `pairs` and that the actor may see.

    act     SEARCH_IDENTITY finds persons the actor may be told of, not only those whose record is open
    within  (type, id) of a compartment: only what is in it
    Raises  Refused: AK-S001 a parameter is unknown, AK-S002 a value is wrong, AK-S004 too much to include, AK-S005 too
            much is asked, AK-S006 it takes too long, AK-S007 a code or value set is not known here
    """
    asking = Asking(type_, extraction.parameters, work.now)
    asked = asking.take(pairs)
    if within is not None:
        asking.within(*within)
    await flush(work)
    asked.conditions = [await resolve(work, one) for one in asked.conditions]
    scopes = Scopes(work=work, act=act)
    compiler = Compiler(
        asked=asked, scopes=await scopes.of(asked), ids=work.office.ids, hasher=work.office.hasher, now=work.now
    )
    page = Page()
    if asked.count:
        await _fill(work, compiler, page)
    if asked.total or not asked.count:
        page.total = (await _run(work, compiler.total()))[0]["count"]
    if asked.includes and page.hits:
        page.included = await included(work, page.hits, asked.includes, scopes)
    _note(work, asked, page, pairs, act)
    return page


async def _fill(work: Work, compiler: Compiler, page: Page) -> None:
    rows = await _run(work, compiler.page())
    few = rows[: compiler.asked.count]
    page.hits = await shown(work, few)
    if len(rows) > len(few):
        page.next = compiler.cursor(few[-1])


async def _run(work: Work, ready: Ready) -> list[asyncpg.Record]:
    try:
        return await fetch(work, ready.sql, *ready.values)
    except asyncpg.QueryCanceledError:
        raise Refused("AK-S006") from None


def _note(work: Work, asked: Asked, page: Page, pairs: Pairs, act: Act) -> None:
    """Leave the search in the log: which parameters (never their values), and every hit that was shown."""
    kind = "search identity" if act is Act.SEARCH_IDENTITY else "search"
    work.saw(0, f"{kind} {asked.type} {','.join(sorted({name for name, _ in pairs}))}".strip())
    for hit in page.hits + page.included:
        personal = hit.type in owners.OWNERS or hit.type == "Patient"
        known = work.session.facts.get(hit.owner) or Facts(owner=hit.owner, rev=0, is_person=personal)
        decided = decision(work, known, Labels(type=hit.type, id=hit.id), act)
        patient = hit.owner if known.is_person else 0
        work.saw(patient, f"{hit.reference}/_history/{hit.version}", rule=decided.rule, basis=decided.basis)
