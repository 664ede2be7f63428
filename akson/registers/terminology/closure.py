"""The transitive closure of a hierarchy, computed once when a code system is loaded. Pure."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence

Pair = tuple[int, int, bool]  # ancestor, descendant, direct


class Cyclic(ValueError):
    """A concept stands above itself. place: n of one that does."""

    def __init__(self, place: int) -> None:
        super().__init__(place)
        self.place = place


def closure(parents: Mapping[int, Sequence[int]]) -> Iterator[Pair]:
    """Yield every (ancestor, descendant, direct), each once.

    parents   n -> n of its direct parents; concepts without parents may be left out
    Memory    four bytes for each pair, beside the mapping itself
    Raises    Cyclic
    """
    above: dict[int, array[int]] = {}
    for begin in parents:
        for place in _in_order(begin, parents, above):
            direct = set(parents.get(place, ()))
            every = direct.union(*(above.get(parent, ()) for parent in direct))
            above[place] = array("i", sorted(every))
            yield from ((ancestor, place, ancestor in direct) for ancestor in above[place])


def _in_order(begin: int, parents: Mapping[int, Sequence[int]], done: Mapping[int, object]) -> Iterator[int]:
    """Yield `begin` and all above it that are not done, parents first; without recursion, for deep hierarchies."""
    stack = [(begin, False)]
    open_: set[int] = set()
    while stack:
        place, left = stack.pop()
        if left:
            open_.discard(place)
            yield place
        elif place not in done:
            if place in open_:
                raise Cyclic(place)
            open_.add(place)
            stack.append((place, True))
            for parent in parents.get(place, ()):
                if parent in open_:
                    raise Cyclic(parent)
                if parent not in done:
                    stack.append((parent, False))
