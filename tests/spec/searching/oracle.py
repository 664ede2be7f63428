"""The naive search: look at every resource the user may see, and ask everything of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.spec.searching import values
from tests.spec.searching.definitions import Parameter, compartment, parameters
from tests.spec.searching.extracting import found, is_missing, pointed, words_of
from tests.spec.searching.features import Features
from tests.spec.searching.matching import meets, meets_together
from tests.spec.searching.ordering import Sort
from tests.spec.searching.world import Held, World

Pairs = Sequence[tuple[str, str]]
RESULT = frozenset("_sort _count _total _include _revinclude _include:iterate _revinclude:iterate".split())
WORDS = frozenset({"_text", "_content"})


@dataclass
class Expected:
    """What an answer must hold. sorts: in the order they were asked for."""

    hits: dict[str, Held]
    may: dict[str, Held] = field(default_factory=dict)  # found or not
    sorts: list[Sort] = field(default_factory=list)
    count: int | None = None
    total: bool = False
    includes: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Oracle:
    """Answers queries over one world."""

    world: World
    features: Features
    now: datetime

    def search(self, user: str, type_: str, pairs: Pairs) -> Expected:
        place, _, type_ = type_.rpartition("/")
        criteria = [pair for pair in pairs if pair[0] not in RESULT and pair[0] not in WORDS]
        hits = {one.ref: one for one in self.find(user, type_, criteria) if not place or self._within(one, place)}
        expected = Expected(hits)  # the order is the server's own when none is asked for
        for name, value in pairs:
            if name == "_sort":
                expected.sorts = [self._sort(type_, part) for part in value.split(",")]
            elif name == "_count":
                expected.count = int(value)
            elif name == "_total":
                expected.total = value == "accurate"
            elif "include" in name:
                expected.includes.append((name, value))
        return self._about(expected, pairs)

    def _about(self, expected: Expected, pairs: Pairs) -> Expected:
        """Heed words that are searched for: what holds them as they stand must be found, what holds their like may."""
        for name, value in pairs:
            if name in WORDS:
                held = {ref: words_of(one, whole=name == "_content") for ref, one in expected.hits.items()}
                kept = {ref for ref, (sure, _) in held.items() if value in sure}
                like = {ref for ref, (_, all_) in held.items() if any(w[:3] == value[:3] for w in all_)} - kept
                expected.may |= {ref: expected.hits[ref] for ref in like}
                expected.hits = {ref: one for ref, one in expected.hits.items() if ref in kept}
        return expected

    def _within(self, one: Held, place: str) -> bool:
        """Tell whether a resource is in a compartment, e.g. that of Patient/x."""
        type_ = place.partition("/")[0]
        if one.ref == place:
            return True
        names = [name for name in compartment(type_)[one.type] if name in parameters(one.type)]
        return any(ref.local == place for name in names for ref in found(one, parameters(one.type)[name]))

    def find(self, user: str, type_: str, criteria: Pairs) -> list[Held]:
        """Return every resource of the type that the user may see and that meets all criteria."""
        seen = [one for one in self.world.held.get(type_, ()) if user in one.sees]
        for name, value in criteria:
            holds = self._criterion(user, type_, name, value)
            seen = [one for one in seen if holds(one)]
        return seen

    def _criterion(self, user: str, type_: str, name: str, value: str) -> Callable[[Held], bool]:
        if name.startswith("_has:"):
            return self._has(user, name, value)
        head, dot, rest = name.partition(".")
        base, _, modifier = head.partition(":")
        if dot:
            return self._chain(user, parameters(type_)[base], modifier, (rest, value))
        if base == "_id":
            return lambda one: one.id in value.split(",")
        if base == "_list":
            named = self.world.by_ref.get(f"List/{value}")
            listed = (
                {ref.local for ref in found(named, parameters("List")["item"])}
                if named and user in named.sees
                else set()
            )
            return lambda one: one.ref in listed
        if base == "_lastUpdated":
            return lambda one: meets(
                "date", "", value, [values.moment(one.resource["meta"]["lastUpdated"])], self.features, self.now
            )
        parameter = parameters(type_)[base]
        if parameter.kind == "composite":
            return lambda one: self._together(parameter, modifier, value, found(one, parameter))
        if modifier == "missing":
            return lambda one: is_missing(one, parameter) is (value == "true")
        if modifier == "identifier":
            return lambda one: (
                self._names_nobody_hidden(user, one)
                and meets("reference", modifier, value, found(one, parameter), self.features, self.now)
            )
        return lambda one: meets(parameter.kind, modifier, value, found(one, parameter), self.features, self.now)

    def _together(self, parameter: Parameter, modifier: str, value: str, elements: Sequence[Any]) -> bool:
        whole = [element for element in elements if all(element)]
        if modifier == "missing":
            return (not whole) is (value == "true")
        kinds = [kind for kind, _ in parameter.components]
        return meets_together(kinds, value, elements, self.features, self.now)

    def _names_nobody_hidden(self, user: str, one: Held) -> bool:
        """Tell that no other person is named whom the user may not see: their identifiers are not shown either."""
        named = {
            f"Patient/{id_}"
            for id_ in re.findall(r'"reference": "Patient/([^"/]+)', json.dumps(one.resource, default=str))
        }
        return all(user in self.world.by_ref[ref].sees for ref in named if ref in self.world.by_ref)

    def _chain(self, user: str, parameter: Parameter, target: str, rest: tuple[str, str]) -> Callable[[Held], bool]:
        name = rest[0].partition(".")[0].partition(":")[0]
        types = [target] if target else [t for t in parameter.targets if name in parameters(t) or name == "_has"]
        met = {one.ref for t in types for one in self.find(user, t, [rest])}
        return lambda one: any(ref.local in met for ref in found(one, parameter))

    def _has(self, user: str, name: str, value: str) -> Callable[[Held], bool]:
        _, source, by, *rest = name.split(":")
        named = self.find(user, source, [(":".join(rest), value)])
        met = {ref.local for one in named for ref in found(one, parameters(source)[by])}
        return lambda one: one.ref in met

    def _sort(self, type_: str, part: str) -> Sort:
        name = part.removeprefix("-")
        return Sort(
            name, parameters(type_).get(name), descending=part.startswith("-"), norwegian=self.features.norwegian
        )

    def included(self, user: str, page: Iterable[Held], includes: Iterable[tuple[str, str]]) -> set[str]:
        """Return what comes along with a page of hits."""
        hits = {one.ref: one for one in page}
        along: dict[str, Held] = {}
        fresh = dict(hits)
        once = [pair for pair in includes if not pair[0].endswith(":iterate")]
        again = [pair for pair in includes if pair[0].endswith(":iterate")]
        rules = [*once, *again]  # those that iterate are asked of the hits as well
        while fresh:
            new = {one.ref: one for name, value in rules for one in self._along(user, fresh.values(), name, value)}
            fresh = {ref: one for ref, one in new.items() if ref not in hits and ref not in along}
            along |= fresh
            rules = again
        return set(along)

    def _along(self, user: str, hits: Iterable[Held], name: str, value: str) -> Iterable[Held]:
        source, _, rest = value.partition(":")
        by, _, target = rest.partition(":")
        if name.startswith("_revinclude"):
            refs = {one.ref for one in hits if not target or one.type == target}
            return [one for one in self.world.held.get(source, ()) if user in one.sees and refs & pointed(one, by)]
        own = [ref for one in hits if source in (one.type, "*") for ref in pointed(one, by)]
        known = [self.world.by_ref[ref] for ref in own if ref in self.world.by_ref]
        return [one for one in known if user in one.sees and (not target or one.type == target)]
