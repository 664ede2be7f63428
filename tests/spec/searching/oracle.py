"""The naive search: look at every resource the user may see, and ask everything of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tests.spec.searching import values
from tests.spec.searching.definitions import Parameter, parameters
from tests.spec.searching.extracting import found, pointed
from tests.spec.searching.features import Features
from tests.spec.searching.matching import meets
from tests.spec.searching.ordering import Sort
from tests.spec.searching.world import Held, World

Pairs = Sequence[tuple[str, str]]
RESULT = frozenset("_sort _count _total _include _revinclude _include:iterate _revinclude:iterate".split())


@dataclass
class Expected:
    """What an answer must hold. sorts: in the order they were asked for."""

    hits: dict[str, Held]
    sorts: list[Sort]
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
        criteria = [pair for pair in pairs if pair[0] not in RESULT]
        hits = {one.ref: one for one in self.find(user, type_, criteria)}
        expected = Expected(hits, [Sort("_lastUpdated", None, descending=True)])
        for name, value in pairs:
            if name == "_sort":
                expected.sorts = [self._sort(type_, part) for part in value.split(",")]
            elif name == "_count":
                expected.count = int(value)
            elif name == "_total":
                expected.total = value == "accurate"
            elif "include" in name:
                expected.includes.append((name, value))
        return expected

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
        if base == "_lastUpdated":
            return lambda one: meets(
                "date", "", value, [values.moment(one.resource["meta"]["lastUpdated"])], self.features, self.now
            )
        parameter = parameters(type_)[base]
        return lambda one: meets(parameter.kind, modifier, value, found(one, parameter), self.features, self.now)

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
        rules = [*once, *again]
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
