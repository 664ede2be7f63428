"""Whether something stands where a parameter looks: what `:missing` asks for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from akson.fhir import types
from akson.fhir.parameters import Group, Parameter, Slot
from akson.fhir.values import EMITTERS
from akson.record.search.asked import Criterion
from akson.record.search.joining import Joined
from akson.record.search.statement import Raw, Statement, all_of, any_of
from akson.record.values import Hasher

MANY = 50  # tokens, from which on they are looked up one by one
TABLES = {"quantity": "number", "uri": "token"} | {k: k for k in ("token", "reference", "string", "date", "number")}


def has_token(statement: Statement, r: Raw, tokens: Sequence[int]) -> str:
    """Return that the resource with alias `r` has one of some tokens."""
    return statement.put("any_token" if len(tokens) <= MANY else "one_of_many_tokens", r=r, tokens=list(tokens))


def of_its_type(statement: Statement, parameter: Parameter, r: Raw) -> list[str]:
    """Return that a row, as `s`, is of a resource of this type, not of another's with its id, where it may be."""
    return [statement.put("own_row", r=r)] if isinstance(parameter, Joined) else []


def slots_of(slots: Iterable[Slot]) -> list[int]:
    return sorted({slot.id for slot in slots})


@dataclass(frozen=True)
class Standing:
    """Writes such questions into one statement."""

    statement: Statement
    hasher: Hasher

    def of(self, parameter: Parameter, r: Raw) -> str:
        """Return that the resource with alias `r` has something for a parameter, all parts of a composite in one."""
        if parameter.kind == "composite":
            return any_of(self._all_there(group, r) for group in parameter.groups)
        return self._there(parameter, parameter.slots, r)

    def _there(self, parameter: Parameter, slots: Sequence[Slot], r: Raw) -> str:
        if parameter.only:
            return self._points_to(parameter, slots, r)
        there = [has_token(self.statement, r, [self.hasher.present(slot.id) for slot in slots])]
        if (table := TABLES[parameter.kind]) != "token":
            own = all_of(of_its_type(self.statement, parameter, r))
            there.append(self.statement.put(table, r=r, slots=slots_of(slots), any=Raw(own)))
        return any_of(there)

    def _points_to(self, parameter: Parameter, slots: Sequence[Slot], r: Raw) -> str:
        """Return that something of the types asked for is pointed to, be it here or elsewhere."""
        away = [self.hasher.pointing(slot.id, name) for slot in slots for name in parameter.only]
        here = self.statement.put("reference_to_types", types=[types.code_of(name) for name in parameter.only])
        met = all_of([*of_its_type(self.statement, parameter, r), here])
        found = self.statement.put("reference", r=r, slots=slots_of(slots), any=Raw(met))
        return any_of([has_token(self.statement, r, away), found])

    def _all_there(self, group: Group, r: Raw) -> str:
        """Return that one element has all parts of a composite, each as something that can be compared."""
        fit = [(part, [s for s in part.slots if s.type in EMITTERS[part.parameter.kind]]) for part in group.parts]
        found = [self._there(part.parameter, slots, r) for part, slots in fit if part.whole]
        inside = [self.statement.put("group_token", tokens=[self.hasher.present(slot.id) for slot in slots])
                  for part, slots in fit if not part.whole]  # fmt: skip
        return all_of([*found, self.statement.put("group", r=r, any=Raw(all_of(inside)))] if inside else found)


def table_of(criterion: Criterion) -> str:
    """Return where a criterion is looked up."""
    kind, modifier = criterion.parameter.kind, criterion.modifier
    if kind == "token" and modifier == "text":
        return "display"
    if kind == "reference" and (modifier == "identifier" or (modifier == "below")):
        return "token"
    return TABLES[kind]
