"""Whose resources a search may find: candidates first, the access rules asked of each.

So count, sort, paging, chains and company never show what a read would refuse.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from akson.access.facts import Facts, Labels
from akson.access.many import Many
from akson.access.roles import OWN_JOB
from akson.access.rules import Act
from akson.access.subscribers import SUBSCRIPTION, subscriber_of
from akson.base.queries import queries
from akson.base.work import Kind, Work
from akson.fhir import owners, types
from akson.fhir.parameters import Parameter
from akson.record.circles import around, restricted
from akson.record.deciding import asked as decision
from akson.record.deciding import facts_for
from akson.record.following import fact_of
from akson.record.journal import denied
from akson.record.narrowing import alternatives
from akson.record.placed import PLACES
from akson.record.search.asked import Asked, Chain, Compartment, Condition, Criterion, Has, Ids, Updated
from akson.record.search.statement import Scope
from akson.record.session import look
from akson.record.whereabouts import PLACED, WHOLLY, asks_when, places_hidden_from

SQL = queries(str(Path(__file__).parent), "reading.sql")  # the journal's, one folder up
_PATIENT = "Patient"
_AS_SHOWN = frozenset({"", "not", "missing", _PATIENT})  # modifiers that look at no words beside what is asked for


@dataclass(kw_only=True)
class Scopes:
    """Finds out scopes for one search. act: what the hits of the search itself are shown for."""

    work: Work
    act: Act
    _candidates: Many | None = None
    _restricted: Many | None = None
    _items: dict[tuple[str, frozenset[int]], tuple[str, ...]] = field(default_factory=dict)
    _read: dict[str, Scope] = field(default_factory=dict)  # by type, as it was told for what chains and company pass

    async def of(self, asked: Asked, *, judged: bool = False) -> dict[str, Scope]:
        """Return the scope of the hits as "", and that of each type that the search passes by its name.

        judged  each hit is judged by itself afterwards, so it need not be known beforehand which are closed
        """
        found = {"": await self.one(asked.type, self.act, await self._one_owner(asked), judged=judged)}
        if asked.type in PLACED and not _asks_when(asked):
            found[""] = self.without_places(found[""])
        places = _passing_places(asked.conditions)
        for type_, scope in (await self.each(sorted(passed(asked.conditions)))).items():
            found[type_] = self.without_places(scope) if type_ in places else scope
        return found

    async def each(self, names: Iterable[str], *, judged: bool = False) -> dict[str, Scope]:
        """Return the scope of each of several types; what is kept from the actor is asked of all at once.

        judged  what is found is judged one by one afterwards: it is not asked
        """
        whole = {type_: await self._to_read(type_) for type_ in names}
        if judged:
            return {type_: replace(one, narrowed=alternatives(self.work, type_, "r")) for type_, one in whole.items()}
        await self._ask_denied(whole)
        return {type_: await self._parted(type_, one) for type_, one in whole.items()}

    def without_places(self, scope: Scope) -> Scope:
        """Return a scope without those of whom the actor may not know where they are to be: nobody is asked of it."""
        kept = tuple(owner for owner in scope.owners or () if not self.hides_places(owner))
        return scope if scope.owners is None else replace(scope, owners=kept, partly=scope.partly & set(kept))

    def hides_places(self, owner: int) -> bool:
        """Say whether the actor may not know where this person is to be: of whom nothing is known neither."""
        citizens = [one for one in (self.work.actor, self.work.through) if one is not None and one.kind is Kind.CITIZEN]
        facts = self.work.session.facts.get(owner)
        return any(facts is None or places_hidden_from(one, facts) for one in citizens)

    async def one(self, type_: str, act: Act, owner: int | None = None, *, judged: bool = False) -> Scope:
        """Return the scope of one type; owner: the only one whose record can hold hits."""
        return await self._parted(type_, await self._whole(type_, act, owner), judged=judged)

    async def _to_read(self, type_: str) -> Scope:
        if type_ not in self._read:
            self._read[type_] = await self._whole(type_, Act.READ, None)
        return self._read[type_]

    async def _parted(self, type_: str, found: Scope, *, judged: bool = False) -> Scope:
        narrowed = alternatives(self.work, type_, "r")
        if found.partly and not (judged and narrowed is None):
            found = replace(found, items=await self._denied(tuple(found.partly), type_), partly=frozenset())
        return found if narrowed is None else replace(found, narrowed=narrowed)

    async def _whole(self, type_: str, act: Act, owner: int | None) -> Scope:
        commons = self._commons(type_)
        unit = self.work.actor.unit
        if type_ == SUBSCRIPTION and OWN_JOB not in self.work.actor.scopes:
            return await self._own_subscriptions()
        if not _of_persons(type_):
            return Scope(persons=False, commons=commons, unit=unit)
        labels = Labels(type=type_)
        if owner is not None:
            known = await facts_for(self.work, [owner])
            commons = commons if owner in known and not known[owner].is_person else ""
            candidates = Many(known.values())
        elif self.work.actor.kind is Kind.SYSTEM or act is Act.SEARCH_IDENTITY:
            return await self._all_but(labels, act, commons)
        else:
            candidates = await self._known()
        work = self.work
        found = candidates.permitted(work.actor, work.purpose, labels, Act.READ, work.now)
        if work.through is not None:
            found = tuple(owner for owner in found if self._may(candidates.facts[owner], labels))
        parts = found if work.actor.kind is Kind.CITIZEN else set(candidates.marked).intersection(found)
        return Scope(owners=found, partly=frozenset(parts), commons=commons, unit=unit)

    async def _own_subscriptions(self) -> Scope:
        whose = Facts(owner=0, rev=0, is_person=False, subscriber=subscriber_of(self.work.actor))
        if not self._may(whose, Labels(type=SUBSCRIPTION)):
            return Scope(persons=False)
        mine = [row["owner"] for row in await look(self.work, SQL.subscribed, fact_of(whose.subscriber).decode())]
        return Scope(owners=tuple(sorted(await facts_for(self.work, mine))))

    def _commons(self, type_: str) -> str:
        """Return what belongs to nobody and may be found: all, what the actor's own unit has written, or nothing."""
        nobody = Facts(owner=0, rev=0, is_person=False)
        if self._may(nobody, Labels(type=type_)):
            return "all"
        own = Labels(type=type_, unit=self.work.actor.unit)
        return "unit" if self.work.actor.unit and self._may(nobody, own) else ""

    def _may(self, facts: Facts, labels: Labels, act: Act = Act.READ) -> bool:
        return decision(self.work, facts, labels, act).permit

    async def _known(self) -> Many:
        """Return those the actor or their unit stands in a relation to; whom it is about, of one who is vouched for."""
        if self._candidates is None and self.work.actor.attested is not None:
            self._candidates = Many((await facts_for(self.work, [self.work.actor.context])).values())
        if self._candidates is None:
            self._candidates = await around(self.work)
        return self._candidates

    async def _all_but(self, labels: Labels, act: Act, commons: str) -> Scope:
        """Return the scope of one who may see everybody: all but those whose facts refuse it."""
        unit = self.work.actor.unit
        if not self._may(Facts(owner=0, rev=0, is_person=True), labels, act):
            return Scope(persons=False, commons=commons, unit=unit)
        if self._restricted is None:
            self._restricted = await restricted(self.work)
        denied = self._refused(self._restricted, labels, act)
        if act is Act.SEARCH_IDENTITY:
            return Scope(denied=denied, commons=commons, unit=unit)
        partly = frozenset(self._restricted.facts).difference(denied)
        return Scope(denied=denied, partly=partly, commons=commons, unit=unit)

    def _refused(self, known: Many, labels: Labels, act: Act) -> tuple[int, ...]:
        """Return whose records refuse this: of persons it is remembered what the rules said last."""
        work = self.work
        if work.through is not None or work.actor.kind is Kind.CITIZEN:
            return tuple(key for key, facts in known.facts.items() if not self._may(facts, labels, act))
        others = [key for key in known.others if not self._may(known.facts[key], labels, act)]
        return (*known.refused(work.actor, work.purpose, labels, act, work.now), *others)

    async def _denied(self, permitted: Sequence[int], type_: str) -> tuple[str, ...]:
        key = type_, frozenset(permitted)
        if key not in self._items:
            self._items[key] = tuple(one.id for one in await denied(self.work, permitted, (type_,)))
        return self._items[key]

    async def _ask_denied(self, whole: Mapping[str, Scope]) -> None:
        """Ask at once what is kept from the actor of several types, of all who have something kept of any of them."""
        known = self._items.keys()
        parted = {type_: one.partly for type_, one in whole.items() if one.partly and (type_, one.partly) not in known}
        kept = await denied(self.work, tuple(frozenset[int]().union(*parted.values())), parted) if parted else []
        for type_, partly in parted.items():
            self._items[type_, partly] = tuple(one.id for one in kept if one.type == type_)

    async def _one_owner(self, asked: Asked) -> int | None:
        """Return the owner when the search names one person by what says whose a resource is."""
        for condition in asked.conditions:
            if (named := _named(asked.type, condition)) is None:
                continue
            if (owner := self.work.office.ids.open(named)) is not None:
                return int(owner)
            for row in await look(self.work, SQL.located, [types.code_of(_PATIENT)], [named]):
                return int(row["owner"])
        return None


def _asks_when(asked: Asked) -> bool:
    """Say whether a search asks nothing about where: whose, when, and how far it has come."""
    sorted_by = [one.parameter for one in asked.sort if one.parameter]
    return all(_is_when(asked.type, one) for one in asked.conditions) and all(
        asks_when(asked.type, one) for one in sorted_by
    )


def _is_when(type_: str, condition: Condition) -> bool:
    match condition:
        case Criterion(modifier=modifier, parameter=parameter):
            return (modifier in _AS_SHOWN or type_ not in WHOLLY) and asks_when(type_, parameter)
        case Compartment(type=whose):
            return whose == _PATIENT or (
                type_ not in WHOLLY and whose not in PLACES
            )  # a practitioner's tells with whom
        case Chain(parameter=parameter):  # what is passed has a scope of its own
            return type_ not in WHOLLY and asks_when(type_, parameter)
        case Has():
            return type_ not in WHOLLY
    return isinstance(condition, Ids | Updated)


def _passing_places(conditions: Iterable[Condition]) -> set[str]:
    """Return the types that chains pass by what tells a place, or that tell one by nearly all they say."""
    found: set[str] = set()
    for condition in conditions:
        match condition:
            case Chain(inner=inner):
                found |= {one for one, asked in inner if one in PLACED and (one in WHOLLY or not _is_when(one, asked))}
                found |= _passing_places(asked for _, asked in inner)
            case Has(source=source, parameter=parameter, inner=asked):
                shown = source not in WHOLLY and asks_when(source, parameter) and _is_when(source, asked)
                found |= _passing_places([asked]) | ({source} if source in PLACED and not shown else set())
    return found


def passed(conditions: Iterable[Condition]) -> set[str]:
    """Return the types that chains pass, and Patient where others' names matter."""
    found: set[str] = set()
    for condition in conditions:
        match condition:
            case Chain():
                found |= {target for target, _ in condition.inner} | passed(inner for _, inner in condition.inner)
            case Has():
                found |= {condition.source} | passed([condition.inner])
            case Criterion(modifier="identifier"):
                found.add(_PATIENT)
    return found


def _of_persons(type_: str) -> bool:
    return type_ in owners.OF_PERSONS


def _named(type_: str, condition: Condition) -> str | None:
    """Return the id of the one Patient whose record must hold what meets the condition."""
    match condition:
        case Criterion(modifier="" | "Patient", values=(value,)) if _says_whose(type_, condition.parameter):
            kind, _, id_ = value.rpartition("/")
            return id_ if kind == _PATIENT or (kind == "" and condition.modifier == _PATIENT) else None
        case Compartment(type="Patient", parameters=(parameter,), itself=False) if _says_whose(type_, parameter):
            return condition.id
    return None


def names_persons(asked: Asked) -> bool:
    """Tell whether a search names persons, or entries of theirs: by id, by number, or by their compartment."""
    return any(_names(asked.type, condition) for condition in asked.conditions)


def _names(type_: str, condition: Condition) -> bool:
    match condition:
        case Ids():
            return True
        case Compartment(type=whose):
            return whose == _PATIENT
        case Criterion(modifier="", parameter=parameter) if parameter.kind == "token":
            return type_ == _PATIENT and parameter.name == "identifier"
        case Criterion(modifier="" | "Patient" | "identifier" as kind, parameter=parameter):
            theirs = bool(parameter.targets) and all(map(_of_persons, parameter.targets))
            of_persons = kind == _PATIENT or theirs or _says_whose(type_, parameter)
            return of_persons or any(_of_persons(value.partition("/")[0]) for value in condition.values)
        case Chain(inner=inner):
            return all(of == _PATIENT and _names(of, one) for of, one in inner)
    return False


def _says_whose(type_: str, parameter: Parameter) -> bool:
    """Tell whether a reference of this parameter is what makes its person the owner."""
    if parameter.kind != "reference" or _PATIENT not in parameter.targets or len(parameter.slots) != 1:
        return False
    steps = parameter.slots[0].steps
    paths = owners.OWNERS.get(type_, ())
    return bool(paths) and len(steps) == 1 and not steps[0].many and steps[0].member == paths[0].removesuffix("!")
