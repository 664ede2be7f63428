"""Search: candidates first, the access rules asked of each, then one statement that can only find what they permit.

So count, sort, paging and include never show what a read would refuse.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from akson.access.facts import Facts, Labels
from akson.access.rules import Act
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Kind, Work
from akson.fhir import owners, types
from akson.record.deciding import asked as decision
from akson.record.deciding import facts_for, facts_in, labels_in
from akson.record.journal import denied_ids
from akson.record.masking import shown
from akson.record.search.asking import Asked, Include, ask
from akson.record.search.compiling import SQL as SEARCH
from akson.record.search.compiling import Compiler, Scope
from akson.record.session import fetch
from akson.record.stored import Stored
from akson.record.writing import flush

SQL = queries(str(Path(__file__).parent), "reading.sql")  # the journal's, one folder up
_MOST_INCLUDED = 1000
_OWNER_PARAMETERS = ("patient", "subject")


@dataclass(kw_only=True)
class Page:
    """What one search found."""

    hits: list[Stored] = field(default_factory=list)
    included: list[Stored] = field(default_factory=list)
    next: str | None = None  # cursor for `_after`
    total: int | None = None


async def search(work: Work, type_: str, pairs: Sequence[tuple[str, str]], *, act: Act = Act.READ) -> Page:
    """Return one page of the resources of `type_` that meet all of `pairs` and that the actor may see.

    act     SEARCH_IDENTITY finds persons the actor may be told of, not only those whose record is open
    Raises  Refused: AK-S001 a parameter is unknown, AK-S002 a value is wrong, AK-S004 too much to include
    """
    asked = ask(type_, pairs)
    await flush(work)
    scope = await _scope(work, asked, act)
    compiler = Compiler(asked=asked, scope=scope, ids=work.office.ids, hasher=work.office.hasher)
    page = Page()
    if asked.count:
        await _fill(work, compiler, page)
    if asked.total or not asked.count:
        statement = compiler.total()
        page.total = (await fetch(work, statement.sql, *statement.values))[0]["count"]
    for include in asked.includes:
        page.included += await _included(work, page, include)
    _note(work, asked, page, pairs, act)
    return page


async def _fill(work: Work, compiler: Compiler, page: Page) -> None:
    statement = compiler.page()
    rows = await fetch(work, statement.sql, *statement.values)
    few = rows[: compiler.asked.count]
    page.hits = await shown(work, few)
    if len(rows) > len(few):
        page.next = compiler.cursor(few[-1])


async def _scope(work: Work, asked: Asked, act: Act) -> Scope:
    """Return which owners the search may find, by the rules of access and nothing else."""
    labels = Labels(type=asked.type)
    of_nobody = decision(work, Facts(owner=0, rev=0, is_person=False), labels, Act.READ).permit
    if asked.type not in owners.OWNERS and asked.type != "Patient":
        return Scope(nobody=True) if of_nobody else Scope(owners=[])
    if (one := _one_owner(work, asked)) is not None:
        candidates = await facts_for(work, [one])
    elif work.actor.kind is Kind.SYSTEM or act is Act.SEARCH_IDENTITY:
        return await _all_but(work, labels, act)
    else:
        rows = await fetch(work, SQL.by_unit_or_person, work.actor.unit, work.actor.key)
        candidates = {row["owner"]: _facts(row) for row in rows}
        work.session.facts.update(candidates)
    permitted = [key for key, facts in candidates.items() if decision(work, facts, labels, Act.READ).permit]
    return Scope(owners=permitted, items=await denied_ids(work, permitted))


async def _all_but(work: Work, labels: Labels, act: Act) -> Scope:
    """Return the scope of one who may see everybody: all but those whose facts refuse it."""
    if not decision(work, Facts(owner=0, rev=0, is_person=True), labels, act).permit:
        return Scope(owners=[])
    restricted = {row["owner"]: _facts(row) for row in await fetch(work, SQL.restricted)}
    work.session.facts.update(restricted)
    denied = [key for key, facts in restricted.items() if not decision(work, facts, labels, act).permit]
    if act is Act.SEARCH_IDENTITY:
        return Scope(denied=denied)
    items = await denied_ids(work, [key for key in restricted if key not in denied])
    return Scope(denied=denied, items=items)


def _one_owner(work: Work, asked: Asked) -> int | None:
    """Return the owner when the search names one person whose id is ours; then only that person is asked about."""
    for criterion in asked.criteria:
        if criterion.parameter.name in _OWNER_PARAMETERS and len(criterion.values) == 1:
            type_, _, id_ = criterion.values[0].rpartition("/")
            if type_ in ("", "Patient"):
                found: int | None = work.office.ids.open(id_)
                return found
    return None


def _facts(row: Any) -> Facts:
    return facts_in({**row, "owner_type": row["type"]})


async def _included(work: Work, page: Page, include: Include) -> list[Stored]:
    """Return what the hits point at, or what points at them; each judged by itself."""
    hits = [hit for hit in page.hits if include.reverse or hit.type == include.source]
    if not hits:
        return []
    if include.reverse:
        keys = await _sources(work, hits, include)
    else:
        keys = await _targets(work, hits, include)
    known = {(hit.owner, hit.type, hit.id) for hit in page.hits + page.included}
    keys = [key for key in keys if key not in known]
    columns = [k[0] for k in keys], [types.code_of(k[1]) for k in keys], [k[2] for k in keys]
    rows = await fetch(work, SQL.current, *columns) if keys else []
    permitted = [
        row for row in rows if not row["deleted"] and decision(work, facts_in(row), labels_in(row), Act.READ).permit
    ]
    return await shown(work, sorted(permitted, key=lambda row: (row["type"], row["id"])))


async def _most(work: Work, query: str, *args: Any) -> Sequence[Any]:
    """Return all rows of a query whose last parameter is how many; what does not fit is said, never left out.

    Raises  Refused AK-S004 when there are more than may come along with one page
    """
    rows = await fetch(work, query, *args, _MOST_INCLUDED + 1)
    if len(rows) > _MOST_INCLUDED:
        raise Refused("AK-S004", most=_MOST_INCLUDED)
    return rows


async def _targets(work: Work, hits: list[Stored], include: Include) -> list[tuple[int, str, str]]:
    wanted = [include.target] if include.target else list(include.parameter.targets)
    rows = await _most(
        work,
        SEARCH.targets,
        [h.owner for h in hits],
        [h.id for h in hits],
        types.code_of(include.source),
        include.parameter.id,
        [types.code_of(name) for name in wanted],
    )
    return await _owned(work, [(row["target_type"], row["target"]) for row in rows])


async def _owned(work: Work, targets: Iterable[tuple[int, str]]) -> list[tuple[int, str, str]]:
    """Return (owner, type, id) of each target that is here; those with ids from elsewhere cost one trip."""
    found, foreign = [], []
    for type_, id_ in targets:
        owner = work.office.ids.open(id_)
        if owner is None:
            foreign.append((type_, id_))
        else:
            found.append((owner, types.name_of(type_), id_))
    if foreign:
        rows = await fetch(work, SQL.located, [t for t, _ in foreign], [i for _, i in foreign])
        found += [(row["owner"], types.name_of(row["type"]), row["id"]) for row in rows]
    return found


async def _sources(work: Work, hits: list[Stored], include: Include) -> list[tuple[int, str, str]]:
    """Return what points at the hits, among what the actor may find: what is hidden takes no place among the most."""
    scope = await _scope(work, Asked(type=include.source), Act.READ)
    rows = await _most(
        work,
        SEARCH.sources,
        [h.id for h in hits],
        types.code_of(hits[0].type),
        types.code_of(include.source),
        include.parameter.id,
        scope.owners,
        scope.denied,
    )
    return [(row["owner"], types.name_of(row["type"]), row["id"]) for row in rows]


def _note(work: Work, asked: Asked, page: Page, pairs: Sequence[tuple[str, str]], act: Act) -> None:
    """Leave the search in the log: which parameters (never their values), and every hit that was shown."""
    kind = "search identity" if act is Act.SEARCH_IDENTITY else "search"
    work.saw(0, f"{kind} {asked.type} {','.join(sorted({name for name, _ in pairs}))}".strip())
    for hit in page.hits + page.included:
        personal = hit.type in owners.OWNERS or hit.type == "Patient"
        known = work.session.facts.get(hit.owner) or Facts(owner=hit.owner, rev=0, is_person=personal)
        decided = decision(work, known, Labels(type=hit.type, id=hit.id), act)
        patient = hit.owner if known.is_person else 0
        work.saw(patient, f"{hit.reference}/_history/{hit.version}", rule=decided.rule, basis=decided.basis)
