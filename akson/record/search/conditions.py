"""One condition as SQL: as a question about a resource, and as the rows of the index that meet it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from akson.base.arrays import literal
from akson.base.errors import Refused
from akson.base.ids import Ids
from akson.fhir import search as extraction
from akson.fhir import types
from akson.fhir.parameters import Group, Parameter, Slot
from akson.record.search import asked as a
from akson.record.search.joining import joined
from akson.record.search.matching import Values, part_of, tokens_of, wholes_of
from akson.record.search.standing import MANY, Standing, has_token, of_its_type, slots_of, table_of
from akson.record.search.statement import Raw, Scope, Statement, all_of, any_of
from akson.record.search.values import moment, split
from akson.record.values import Hot, hot_slots

_OTHERWISE = frozenset({"missing", "not", "not-in", "text", "identifier"})  # what a code is not simply looked up for
_NO_ROWS = _OTHERWISE - {"identifier"}  # what is not found by rows
_RANKS = {"reference": 2, "string": 5, "number": 7, "date": 8}  # how good the rows of a table are: small is good
_IDENTIFIER, _CODE = 1, 4  # those of codes
_PART, _SHORT_PART = 6, 20  # those of parts of words, and of such as no index tells
Rows = tuple[int, str]  # how good, text


@dataclass(frozen=True, kw_only=True)
class Conditions(Values):
    """Writes conditions into one statement. scopes: of each type that a chain passes, and of Patient; now: for `ap`."""

    scopes: Mapping[str, Scope]
    ids: Ids
    now: datetime

    def question(self, condition: a.Condition, r: Raw) -> str:
        """Return the condition as a question about the resource with alias `r`."""
        put = self.statement.put
        match condition:
            case a.Criterion():
                return self._criterion(condition, r)
            case a.Ids():
                return put("by_id", r=r, ids=list(condition.values))
            case a.Updated():
                return any_of(put(f"updated_{sign}", r=r, low=low, high=high) for sign, low, high in condition.moments)
            case a.Words():
                return put("words", r=r, any=Raw(self._words(condition)))
            case a.Listed():
                return put("in_list", r=r, **self._list(condition))
            case a.Chain():
                return any_of(self._chained(condition, targets, inner, r) for targets, inner in joined(condition.inner))
            case a.Has():
                return self._has(condition, r)
            case a.Compartment():
                return self._compartment(condition, r)

    def rows(self, condition: a.Condition, *names: str) -> Rows | None:
        """Return the rows (owner, id) of the index that meet the condition, and perhaps more; None: no good way.

        names  the types of resource that it is asked of
        """
        match condition:
            case a.Criterion():
                return self._rows_of(condition, names)
            case a.Ids():
                return 0, self._rows_of_ids(condition, names)
            case a.Words():
                among = self.statement.among(names)
                return 6, self.statement.put("rows_of_words", among=among, any=Raw(self._words(condition)))
            case a.Listed():
                among = self.statement.among(names)
                return 0, self.statement.put("rows_of_list", among=among, **self._list(condition))
            case a.Chain():
                return self._rows_of_chain(condition)
            case a.Has():
                return self._rows_of_has(condition, names)
            case a.Compartment() if not condition.itself:
                return 2, self.statement.put(
                    "rows_of_reference", slots=slots_of(s for p in condition.parameters for s in p.slots),
                    any=Raw(self._to(condition)),
                )  # fmt: skip
        return None

    # Criteria ---------------------------------------------------------------------------------------

    def _criterion(self, criterion: a.Criterion, r: Raw) -> str:
        if criterion.modifier == "missing":
            found = Standing(self.statement, self.hasher).of(criterion.parameter, r)
            return f"NOT ({found})" if criterion.values[0] == "true" else found
        if criterion.parameter.kind == "composite":
            return self._composite(criterion, r)
        return self._simple(criterion, criterion.parameter.slots, r)

    def _simple(self, criterion: a.Criterion, slots: Sequence[Slot], r: Raw) -> str:
        if (table := table_of(criterion)) == "token":
            found = has_token(self.statement, r, self.tokens(criterion, slots))
            if criterion.modifier == "identifier":
                found = all_of([found, *self._names(r)])
            return f"NOT ({found})" if criterion.modifier in ("not", "not-in") else found
        if table == "display":
            return self._displayed(criterion, slots, r)
        found = all_of([*of_its_type(self.statement, criterion.parameter, r), self._any(criterion)])
        return self.statement.put(table, r=r, slots=slots_of(slots), any=Raw(found))

    def _displayed(self, criterion: a.Criterion, slots: Sequence[Slot], r: Raw) -> str:
        """Return that a code is shown by a text, as one of the resource's tokens says."""
        own, shown = of_its_type(self.statement, criterion.parameter, r), self._any(criterion)
        before = self.statement.put("string", r=r, slots=slots_of(slots), any=Raw(all_of([*own, shown])))
        return any_of([self.statement.put("display", r=r, slots=slots_of(slots), any=Raw(shown)), before])

    def _names(self, r: Raw) -> list[str]:
        """Return that nobody is named there whose name would be masked: nor is it told who was meant."""
        scope = self.scopes["Patient"]
        if scope.owners is not None:
            return [self.statement.put("names_only", r=r, owners=scope.listed)]
        return [self.statement.put("names_nobody_of", r=r, owners=literal(scope.denied))] if scope.denied else []

    def _composite(self, criterion: a.Criterion, r: Raw) -> str:
        parameter, found = criterion.parameter, []
        for value in criterion.values:
            parts = split(value, "$")
            for group in parameter.groups:
                if len(parts) != len(group.parts) or not all(parts):
                    raise Refused("AK-S002", name=parameter.name)
                asked = [(p, self._component(p.parameter, text)) for p, text in zip(group.parts, parts, strict=True)]
                whole = [self._simple(one, p.slots, r) for p, one in asked]
                inside = [self._grouped(one, p.slots) for p, one in asked if not p.whole]
                if inside:
                    whole.append(self.statement.put("group", r=r, any=Raw(all_of(inside))))
                found.append(all_of(whole))
        return any_of(found)

    def _grouped(self, criterion: a.Criterion, slots: Sequence[Slot]) -> str:
        if (table := table_of(criterion)) == "token":
            return self.statement.put("group_token", tokens=self.tokens(criterion, slots))
        return self.statement.put(f"group_{table}", slots=slots_of(slots), any=Raw(self._any(criterion)))

    def _component(self, parameter: Parameter, text: str) -> a.Criterion:
        """Return one part of a composite's value as a criterion of its own."""
        moments = (moment(parameter.name, text, self.now),) if parameter.kind == "date" else ()
        return a.Criterion(parameter=parameter, values=(text,), moments=moments)

    # Rows -------------------------------------------------------------------------------------------

    def _rows_of(self, criterion: a.Criterion, names: Sequence[str]) -> Rows | None:
        if (rank := self._rank_of(criterion, names)) is None:
            return None
        if criterion.parameter.kind == "composite":
            part = self._part(criterion, names)
            return (rank, self._rows_in(*part, names)) if part else None
        if criterion.modifier == "contains":
            return rank, " UNION ALL ".join(self._rows_of_parts(criterion))
        return rank, self._rows_in(criterion, criterion.parameter.slots, names)

    def _rows_of_parts(self, criterion: a.Criterion) -> Iterator[str]:
        slots = slots_of(criterion.parameter.slots)
        for value in criterion.values:
            if like := part_of(value):
                yield self.statement.put("rows_of_part", slots=slots, like=like)
            else:
                one = Raw(self._any(replace(criterion, values=(value,))))
                yield self.statement.put("rows_of_short_part", slots=slots, any=one)

    def _rows_in(self, criterion: a.Criterion, slots: Sequence[Slot], names: Sequence[str]) -> str:
        put = self.statement.put
        if (table := table_of(criterion)) == "token":
            asked = {"tokens": tokens_of(ways := self.hot_ways(criterion, slots)), "wholes": wholes_of(ways)}
            return put("rows_of_token", among=self.statement.among(names), **asked)
        # Each alternative by itself: what is joined by OR is found in whole before the first row is there.
        each = list(self._each(criterion))
        apart = [Raw(one) for one in (each if len(each) <= MANY else [any_of(each)])]
        return " UNION ALL ".join(put(f"rows_of_{table}", slots=slots_of(slots), any=one) for one in apart)

    def _rank_of(self, criterion: a.Criterion, names: Sequence[str]) -> int | None:
        """Return how good the rows of a criterion are; None: it has none."""
        if criterion.parameter.kind == "composite":
            part = self._part(criterion, names)
            return self._rank_in(*part, names) if part else None
        if criterion.modifier in _NO_ROWS:
            return None
        if criterion.modifier == "contains":
            rank = _PART if all(map(part_of, criterion.values)) else _SHORT_PART
            return rank if len(criterion.values) <= MANY else None
        return self._rank_in(criterion, criterion.parameter.slots, names)

    def _rank_in(self, criterion: a.Criterion, slots: Sequence[Slot], names: Sequence[str]) -> int | None:
        if (table := table_of(criterion)) == "token":
            good = _IDENTIFIER if criterion.parameter.name == "identifier" else _CODE
            return good if self._is_hot(criterion, slots, names) else None
        if table in ("date", "number") and any(value.startswith("ne") for value in criterion.values):
            return None
        return _RANKS[table]

    def _is_hot(self, criterion: a.Criterion, slots: Sequence[Slot], names: Sequence[str]) -> bool:
        """Tell whether it is for codes, not for systems alone, that have btree rows of their own."""
        rows = frozenset[int]().union(*map(hot_slots, names))
        hot = {s.id for s in slots} <= rows and criterion.modifier in ("", "in", "below", "above")
        return hot and not any(split(value, "|")[-1] == "" for value in criterion.values)

    def rows_of_codes(self, condition: a.Condition, type_: str) -> Rows | None:
        """Return the rows of a criterion for codes, by the index on all tokens; None: it is for something else."""
        if not isinstance(condition, a.Criterion) or condition.parameter.kind not in ("token", "uri"):
            return None
        if table_of(condition) == "display":
            shown, slots = Raw(self._any(condition)), slots_of(condition.parameter.slots)
            return 9, self.statement.put("rows_of_display", slots=slots, type=types.code_of(type_), any=shown)
        if condition.modifier in _OTHERWISE:
            return None
        tokens = self.tokens(condition, condition.parameter.slots)
        fits = 0 < len(tokens) <= MANY
        return (9, self.statement.put("rows_of_tokens", type=types.code_of(type_), tokens=tokens)) if fits else None

    def _part(self, criterion: a.Criterion, names: Sequence[str]) -> tuple[a.Criterion, Sequence[Slot]] | None:
        """Return the component of a composite that its rows are collected by, of one alternative only."""
        if len(criterion.values) > 1:
            return None
        parts, ways = split(criterion.values[0], "$"), []
        for n, text in enumerate(parts):
            groups = [group.parts[n] for group in criterion.parameter.groups if len(group.parts) == len(parts)]
            if groups:
                slots = tuple(slot for part in groups for slot in part.slots)
                ways.append((self._component(groups[0].parameter, text), slots))
        ranked = [(rank, n) for n, way in enumerate(ways) if (rank := self._rank_in(*way, names)) is not None]
        return ways[max(ranked)[1]] if ranked else None  # a value says more than the code it is of

    def hot(self, condition: a.Condition, type_: str) -> list[Hot]:
        """Return codes with btree rows of their own, one of which is in whatever meets the condition; or none."""
        if not isinstance(condition, a.Criterion):
            return []
        parameter = condition.parameter
        if parameter.kind != "composite":
            hot = parameter.kind == "token" and self._is_hot(condition, parameter.slots, (type_,))
            return self.hot_ways(condition, parameter.slots) if hot else []
        parts = split(condition.values[0], "$")
        if len(condition.values) > 1 or any(len(group.parts) != len(parts) for group in parameter.groups):
            return []
        of_groups = [self._hot_in(group, parts, type_) for group in parameter.groups]
        return [way for ways in of_groups for way in ways] if all(of_groups) else []

    def _hot_in(self, group: Group, texts: Sequence[str], type_: str) -> list[Hot]:
        """Return the codes of one component of a group that have btree rows of their own."""
        for part, text in zip(group.parts, texts, strict=True):
            if part.parameter.kind != "token":
                continue
            if self._is_hot(one := self._component(part.parameter, text), part.slots, (type_,)):
                return self.hot_ways(one, part.slots)
        return []

    def rank(self, condition: a.Condition, type_: str) -> int | None:
        """Return how good the rows of a condition are (small is good); None: there are none."""
        if isinstance(condition, a.Criterion):
            return self._rank_of(condition, (type_,))
        scratch = replace(self, statement=Statement())  # thrown away: a value that is put must also be used
        rows = scratch.rows(condition, type_)
        return None if rows is None else rows[0]

    def _rows_of_ids(self, condition: a.Ids, names: Sequence[str]) -> str:
        opened = {id_: self.ids.open(id_) for id_ in condition.values}
        ours = [(owner, id_) for id_, owner in opened.items() if owner is not None]
        foreign = [id_ for id_, owner in opened.items() if owner is None]
        owners, ids = [o for o, _ in ours], [i for _, i in ours]
        among = self.statement.among(names)
        return self.statement.put("rows_of_ids", owners=owners, ids=ids, among=among, foreign=foreign)

    def _rows_of_chain(self, condition: a.Chain) -> Rows | None:
        texts, worst = [], 0
        for targets, inner in joined(condition.inner):
            best = self.rows(inner, *targets)
            if best is None:
                return None
            t, asked = self._inside(inner, targets)
            worst = max(worst, best[0])
            texts.append(self.statement.put(
                "rows_of_chain", rows=Raw(best[1]), t=t, among=self.statement.among(targets),
                slots=slots_of(condition.parameter.slots), inner=Raw(asked),
            ))  # fmt: skip
        return worst + 1, " UNION ALL ".join(texts)

    def _rows_of_has(self, condition: a.Has, names: Sequence[str]) -> Rows | None:
        best = self.rows(condition.inner, condition.source)
        if best is None:
            return None
        t, asked = self._inside(condition.inner, (condition.source,))
        return best[0] + 1, self.statement.put(
            "rows_of_has", rows=Raw(best[1]), t=t, type=types.code_of(condition.source),
            among=self.statement.among(names), slots=slots_of(condition.parameter.slots), inner=Raw(asked),
        )  # fmt: skip

    # Ways to other resources ------------------------------------------------------------------------

    def _chained(self, condition: a.Chain, targets: tuple[str, ...], inner: a.Condition, r: Raw) -> str:
        t, asked = self._inside(inner, targets)
        slots, among = slots_of(condition.parameter.slots), self.statement.among(targets)
        met = all_of([*of_its_type(self.statement, condition.parameter, r), asked])
        return self.statement.put("chain", r=r, t=t, slots=slots, among=among, inner=Raw(met))

    def _has(self, condition: a.Has, r: Raw) -> str:
        t, asked = self._inside(condition.inner, (condition.source,))
        return self.statement.put("has", r=r, t=t, slots=slots_of(condition.parameter.slots), inner=Raw(asked))

    def _inside(self, inner: a.Condition, names: tuple[str, ...]) -> tuple[Raw, str]:
        """Return an alias, and what the resource of one of these types there must meet.

        It is one the actor may see, as a read would say.
        """
        t = self.statement.alias()
        parts = [self.statement.put("in_type", r=t, among=self.statement.among(names))]
        parts += self.statement.within(self.scopes, names, t)
        return t, all_of([*parts, self.question(inner, t)])

    def _compartment(self, condition: a.Compartment, r: Raw) -> str:
        slots = slots_of(slot for p in condition.parameters for slot in p.slots)
        parts = [self.statement.put("reference", r=r, slots=slots, any=Raw(self._to(condition)))]
        if condition.itself:
            parts.append(self.statement.put("by_id", r=r, ids=[condition.id]))
        return any_of(parts)

    def _to(self, condition: a.Compartment) -> str:
        return self.statement.put("reference_is", targets=[condition.id], types=[types.code_of(condition.type)])

    def _words(self, condition: a.Words) -> str:
        fragment = "words_in_narrative" if condition.narrative else "words_anywhere"
        return any_of(self.statement.put(fragment, query=query) for query in condition.values)

    def _list(self, condition: a.Listed) -> dict[str, Any]:
        """Return where the entries of a List stand."""
        slots = slots_of(extraction.parameters("List")["item"].slots)
        return {"list": condition.owner, "id": condition.id, "slots": slots}
