"""Scopes that give only a part of a type (`?category=...`): which of them a resource meets, by its own search values.

The hashes are those that a search for the same would ask for, so search and read can never differ.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

import msgspec

from akson.access import roles
from akson.access.facts import Labels
from akson.base.work import Kind, Work
from akson.fhir import search as extraction
from akson.fhir.scopes import Scope
from akson.record.stored import stored
from akson.record.values import Hasher, values_of

Alternatives = tuple[tuple[tuple[int, ...], ...], ...]  # one of these; of each all; of each of those one token
NONE: frozenset[str] = frozenset()


def met_by_row(work: Work, type_: str, row: Mapping[str, Any]) -> frozenset[str]:
    """Return the narrowed scopes of the actor whose restriction the version in a row meets; none without its content.

    Only tokens that carry such scopes cost anything here.
    """
    held = roles.narrowed(work.actor.scopes, type_) if work.actor.scopes else ()
    if not held or "body" not in row.keys() or row["body"] is None:  # noqa: SIM118 - a database row, not a dict
        return NONE
    return _met(work, type_, held, _tokens(work, type_, row))


def met_by_values(work: Work, type_: str, tokens: Container[int]) -> frozenset[str]:
    """Return the narrowed scopes of the actor whose restriction a resource with these search values meets."""
    held = roles.narrowed(work.actor.scopes, type_) if work.actor.scopes else ()
    return _met(work, type_, held, tokens) if held else NONE


def supposed_met(work: Work, labels: Labels) -> Labels:
    """Return labels as of what meets every restriction of the token, for where those are asked by themselves."""
    held = roles.narrowed(work.actor.scopes, labels.type) if work.actor.scopes else ()
    return msgspec.structs.replace(labels, met=frozenset(scope.text for scope in held)) if held else labels


def alternatives(work: Work, type_: str, letters: str) -> Alternatives | None:
    """Return what a resource must meet one of for a search to find it; None when no restriction stands in the way.

    What is narrowed for the records of all (user/) is narrowed so for the one record of patient/ as well: less than
    the token gives, never more.
    """
    actor = work.actor
    context = "system" if actor.kind is Kind.SYSTEM else "user"
    held = roles.narrowed(actor.scopes, type_) if actor.scopes else ()
    of_all = [scope for scope in held if scope.context == context]
    wide = actor.scopes - {scope.text for scope in held}
    if not held or roles.scope_covers(wide, type_, letters, actor.kind, own=not of_all):
        return None
    fit = [scope for scope in of_all or held if set(letters) <= set(scope.letters)]
    return tuple(_asked(type_, scope, work.office.hasher) for scope in fit)


def meets(wanted: Alternatives, tokens: Container[int]) -> bool:
    """Say whether a resource with these search values meets one of the alternatives."""
    return any(all(any(one in tokens for one in each) for each in asked) for asked in wanted)


def _met(work: Work, type_: str, held: tuple[Scope, ...], tokens: Container[int]) -> frozenset[str]:
    hasher = work.office.hasher
    return frozenset(scope.text for scope in held if meets((_asked(type_, scope, hasher),), tokens))


def _tokens(work: Work, type_: str, row: Mapping[str, Any]) -> Container[int]:
    return values_of(type_, stored(row).resource, work.office.hasher, work.office.ids.open).tokens


def _asked(type_: str, scope: Scope, hasher: Hasher) -> tuple[tuple[int, ...], ...]:
    """Return the hashes that a restriction asks for, by parameter."""
    known = extraction.parameters(type_)
    return tuple(
        tuple(_hash(hasher, slot.id, value) for slot in known[name].slots for value in values)
        for name, values in scope.restriction
    )


def _hash(hasher: Hasher, slot: int, value: str) -> int:
    system, bar, code = value.rpartition("|")
    return hasher.token(slot, system if bar else None, code or None)
