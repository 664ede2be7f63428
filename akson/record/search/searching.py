"""Search: what is asked is understood, whose records may hold hits is asked of the rules, one statement finds it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import asyncpg

from akson.access.facts import Facts, Labels
from akson.access.many import alike
from akson.access.rules import Act, Decision, hides_address
from akson.base.errors import Refused
from akson.base.work import Kind, Work
from akson.fhir import owners
from akson.fhir import search as extraction
from akson.record import looking, searches
from akson.record.deciding import asked as decision
from akson.record.deciding import facts_for, labels_in
from akson.record.masking import shown
from akson.record.own import Own, load, progress
from akson.record.search import ordering
from akson.record.search.asked import Asked
from akson.record.search.asking import Asking, Known
from akson.record.search.company import included
from akson.record.search.compiling import Compiler, Ready
from akson.record.search.joining import weigh
from akson.record.search.resolving import resolve
from akson.record.search.scopes import Scopes, names_persons
from akson.record.search.statement import Scope
from akson.record.session import fetch, look
from akson.record.stored import Stored
from akson.record.writing import flush
from akson.registers.identifiers import PERSON_SYSTEMS

Pairs = Sequence[tuple[str, str]]
_WHOLE = re.compile(r"\d{11}$", re.ASCII)  # a national number
_NOT_KNOWN = frozenset({"AK-S001", "AK-S002"})  # as a parameter; as an order, or as what comes along


@dataclass(kw_only=True)
class Page:
    """What one search found."""

    hits: list[Stored] = field(default_factory=list)
    included: list[Stored] = field(default_factory=list)
    next: str | None = None  # cursor for `_after`
    cursors: list[str] = field(default_factory=list)  # of each hit
    total: int | None = None


async def search(
    work: Work, type_: str, pairs: Pairs, *, act: Act = Act.READ, within: tuple[str, str] | None = None,
    scopes: Scopes | None = None,
) -> Page:  # fmt: skip
    """Return one page of the resources of `type_` that meet all of `pairs` and that the actor may see.

    act     SEARCH_IDENTITY finds persons the actor may be told of, not only those whose record is open
    within  (type, id) of a compartment: only what is in it
    scopes  of searches that belong together
    Raises  Refused: AK-S001 a parameter is unknown, AK-S002 a value is wrong, AK-S004 too much to include, AK-S005 too
            much is asked, AK-S006 it takes too long, AK-S007 a code or value set is not known here; AK-S011 and
            AK-S012 too many searches for persons
    """
    counts = True
    while (page := await _found(work, type_, pairs, act, within, scopes, counts=counts)) is None:
        counts = False
    return page


async def _found(
    work: Work, type_: str, pairs: Pairs, act: Act, within: tuple[str, str] | None, scopes: Scopes | None,
    *, counts: bool,
) -> Page | None:  # fmt: skip
    """Return one page, as `search`; None: what the installation lets one ask for changed meanwhile: ask anew.

    counts  it draws on the allowance: once, however often it is asked
    """
    asked = await understood(work, type_, pairs, within)
    await flush(work)
    asked.conditions = [await resolve(work, one) for one in asked.conditions]
    scopes = scopes or Scopes(work=work, act=act)
    counted = asked.total or not asked.count
    judged = not counted and not ordering.needed(asked.sort)  # then nothing is told of hits but themselves
    compiler = Compiler(
        asked=asked, scopes=await scopes.of(asked, judged=judged), ids=work.office.ids, hasher=work.office.hasher,
        now=work.now, authored=any(one is not None and one.kind is Kind.CITIZEN for one in (work.actor, work.through)),
    )  # fmt: skip
    if counts and tells_who_exists(compiler.scope, pairs):
        await searches.count(work)
    page = Page()
    if compiler.scope.empty:
        page.total = 0 if counted else None
        _note(work, asked, page, pairs, act)
        return page
    if asked.count:
        await _fill(work, compiler, page, scopes)
    if counted:
        page.total = (await _run(work, compiler.total()))[0]["count"]
    if asked.includes and page.hits:
        page.included = await included(work, page.hits, asked.includes, scopes)
    if asked.own is not None and await load(partial(look, work)) != asked.own:
        return None
    _note(work, asked, page, pairs, act)
    return page


def tells_who_exists(scope: Scope, pairs: Pairs) -> bool:
    """Tell whether hits may be persons of whom the actor knows nothing yet: that is what one has an allowance for.

    Hits in records that are open to them tell nobody new, nor does one they have the id of; and who has the whole
    number of whoever lies before them must find them, however much was searched for today.
    """
    if not scope.persons or scope.owners is not None:
        return False
    given = dict(pairs)
    return "_id" not in given and not _one_number(given.get("identifier", ""))


def _one_number(asked: str) -> bool:
    """Tell whether it is for one national number, of whatever sort."""
    each = [value.partition("|") for value in asked.split(",")]
    systems, numbers = ({one[part] for one in each} for part in (0, 2))
    return systems <= PERSON_SYSTEMS and len(numbers) == 1 and all(_WHOLE.match(number) for number in numbers)


async def understood(work: Work, type_: str, pairs: Pairs, within: tuple[str, str] | None = None) -> Asked:
    """Return what is asked for. Raises Refused like `search`.

    Where R4's own parameters are not enough, or may not be all, those of the installation are looked up.
    """
    try:
        asked = _read(work, type_, pairs, within, extraction.parameters)
    except Refused as refused:
        own = await load(partial(look, work)) if refused.code in _NOT_KNOWN else None
        if own is None or not own.definitions:
            raise
        return await _read_by_own(work, type_, pairs, within, own)
    own = await load(partial(look, work)) if asked.unsure else None
    return await _read_by_own(work, type_, pairs, within, own) if own and own.definitions else asked


async def _read_by_own(work: Work, type_: str, pairs: Pairs, within: tuple[str, str] | None, own: Own) -> Asked:
    try:
        asked = _read(work, type_, pairs, within, own.known)
    except Refused as refused:
        if refused.code == "AK-S009":
            of = await progress(partial(look, work), [str(refused.values["id"])])
            raise Refused("AK-S009", name=refused.values["name"], done=of[0].percent if of else 0) from None
        raise
    asked.own = own
    return asked


def _read(work: Work, type_: str, pairs: Pairs, within: tuple[str, str] | None, known: Known) -> Asked:
    asking = Asking(type_, known, work.now)
    asked = asking.take(pairs)
    if within is not None:
        asking.within(*within)
    weigh(asked.conditions)
    return asked


async def _fill(work: Work, compiler: Compiler, page: Page, scopes: Scopes) -> None:
    if ordering.needed(compiler.asked.sort):
        await _fill_ordered(work, compiler, page)
        return
    rows = await _run(work, compiler.page())
    if not all(_open(work, row, compiler.scope) for row in rows):  # then what is kept from the actor takes no place
        compiler = replace(compiler, scopes=await scopes.of(compiler.asked))
        rows = await _run(work, compiler.page())
    few = rows[: compiler.asked.count]
    page.hits = await shown(work, few)
    if compiler.asked.sort:
        page.cursors = [compiler.cursor(row) for row in few]
    if len(rows) > len(few):
        page.next = compiler.cursor(few[-1])


def _open(work: Work, row: asyncpg.Record, scope: Scope) -> bool:
    """Tell whether a hit may be shown; of most it is known already by whose it is."""
    if row["owner"] not in scope.partly:
        return True
    facts = work.session.facts[row["owner"]]
    return decision(work, facts, labels_in(work, row, facts), Act.READ).permit


async def _fill_ordered(work: Work, compiler: Compiler, page: Page) -> None:
    asked = compiler.asked
    everything = replace(compiler, asked=replace(asked, sort=[], after=None, count=ordering.MOST))
    rows = await _run(work, everything.page())
    keyed = await ordering.ordered(rows, asked.sort, asked.after, hidden=await _protected(work, asked.type, rows))
    few = keyed[: asked.count]
    page.hits = await shown(work, [row for _, row in few])
    if len(keyed) > len(few):
        page.next = ordering.cursor(few[-1])


async def _protected(work: Work, type_: str, rows: Sequence[asyncpg.Record]) -> set[int]:
    """Return who of those whose rows these are has a protected address, or may have."""
    whose = {row["owner"] for row in rows} if type_ in owners.OF_PERSONS else set()
    known = await facts_for(work, whose)
    return {owner for owner in whose if owner not in known or hides_address(known[owner])}


async def _run(work: Work, ready: Ready) -> list[asyncpg.Record]:
    try:
        return await (look if ready.steady else fetch)(work, ready.sql, *ready.values)
    except asyncpg.QueryCanceledError:
        raise Refused("AK-S006") from None


def _note(work: Work, asked: Asked, page: Page, pairs: Pairs, act: Act) -> None:
    """Leave the search in the log: which parameters (never their values), and every hit that was shown, and why.

    The rules have let the hit through already; asked about its type they say on what basis.
    """
    kind = "search identity" if act is Act.SEARCH_IDENTITY else "search"
    work.saw(0, f"{kind} {asked.type} {','.join(sorted({name for name, _ in pairs}))}".strip())
    before = len(work.seen)
    judged: dict[tuple[int, str], tuple[Decision, int]] = {}
    told: dict[tuple[Facts, str], Decision] = {}  # of those alike: of a page of many persons most are
    for hit in page.hits + page.included:
        if (found := judged.get((hit.owner, hit.type))) is None:
            known = work.session.facts.get(hit.owner)
            facts = known or Facts(owner=hit.owner, rev=0, is_person=hit.type in owners.OF_PERSONS)
            like = alike(work.actor, facts, work.now), hit.type
            if (why := told.get(like)) is None:
                why = told[like] = decision(work, facts, Labels(type=hit.type, unit=work.actor.unit), act)
            found = judged[hit.owner, hit.type] = why, hit.owner if facts.is_person else 0
        decided, patient = found
        work.saw(patient, f"{hit.reference}/_history/{hit.version}", rule=decided.rule, basis=decided.basis)
    if names_persons(asked):
        looking.named(work, work.seen[before : before + len(page.hits)])
