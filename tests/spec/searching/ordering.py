"""Whether hits stand in the order asked for. Where the standard leaves the order open, any order will do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.spec.searching import values
from tests.spec.searching.definitions import Parameter
from tests.spec.searching.extracting import found

ALPHABET = "abcdefghijklmnopqrstuvwxyzæøå"


@dataclass(frozen=True)
class Sort:
    """One sort key; parameter None: a column."""

    name: str
    parameter: Parameter | None
    descending: bool
    norwegian: bool = True

    def order(self, first: Any, second: Any) -> int | None:
        """Return -1, 0 or 1 as `first` comes before, with or after `second`; None when nobody can say."""
        if self.name == "_id":
            return _compare(first.id, second.id, descending=self.descending)
        if self.name == "_lastUpdated":
            own = [values.moment(one.resource["meta"]["lastUpdated"]).low for one in (first, second)]
            return _compare(own[0], own[1], descending=self.descending)
        if self.parameter is None or self.parameter.kind not in _KINDS:
            return None
        a, b = (found(one, self.parameter) for one in (first, second))
        if not a or not b:
            return bool(b) - bool(a) if bool(a) != bool(b) else 0  # those without a value come last
        order = _KINDS[self.parameter.kind](a, b, self.descending)
        return order if self.norwegian or self.parameter.kind != "string" else None


def violates(sorts: Sequence[Sort], first: Any, second: Any) -> bool:
    """Tell whether `second` should have stood before `first`."""
    for sort in sorts:
        order = sort.order(first, second)
        if order != 0:
            return order == 1
    return False


def _compare(a: Any, b: Any, *, descending: bool) -> int:
    order = (a > b) - (a < b)
    return -order if descending else order


def _spans(a: Sequence[Any], b: Sequence[Any], descending: bool) -> int | None:
    """Order stretches by both ends: when the ends disagree, either order is right."""
    best = max if descending else min
    orders = {
        _compare(best(getattr(x, end) for x in a), best(getattr(x, end) for x in b), descending=descending)
        for end in ("low", "high")
    }
    return orders.pop() if len(orders) == 1 else None


def _quantities(a: Sequence[Any], b: Sequence[Any], descending: bool) -> int | None:
    if len({(x.system, x.code) for x in (*a, *b)}) > 1:
        return None
    return _spans([x.span for x in a], [x.span for x in b], descending)


def _strings(a: Sequence[str], b: Sequence[str], descending: bool) -> int | None:
    if len(a) > 1 or len(b) > 1:
        return None
    x, y = (values.folded(one[0]) for one in (a, b))
    for p, q in zip(x, y, strict=False):
        if p not in ALPHABET or q not in ALPHABET:
            return None
        if p != q:
            return _compare(ALPHABET.index(p), ALPHABET.index(q), descending=descending)
    return _compare(len(x), len(y), descending=descending)


_KINDS: dict[str, Callable[[Sequence[Any], Sequence[Any], bool], int | None]] = {
    "date": _spans, "number": _spans, "quantity": _quantities, "string": _strings,
}  # fmt: skip
