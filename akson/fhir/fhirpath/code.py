"""A part of an expression that is compiled: what runs, and what is known of its result beforehand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from akson.fhir.definitions import PRIMITIVES
from akson.fhir.fhirpath.model import QUANTITIES, SYSTEM
from akson.fhir.fhirpath.scope import Scope
from akson.fhir.fhirpath.values import Items, truth

Runs = Callable[[Scope], Items]
Tells = Callable[[Scope], bool | None]


@dataclass(frozen=True, slots=True)
class Static:
    """What is known of a collection before it is there.

    types    of its items ("Patient.contact", "System.String"); None: any
    one      it has one item at most
    ordered  the order of the items means something
    """

    types: frozenset[str] | None = None
    one: bool = False
    ordered: bool = True

    @property
    def sort(self) -> str | None:
        """What operations take all the items for: "String", "Number" ...; "Complex"; None when it is not known."""
        sorts = {_SORTS.get(t, "Complex") for t in self.types or ()}
        return sorts.pop() if len(sorts) == 1 else None


ANY: Final = Static()
_SORTS: Final[dict[str, str | None]] = {
    **dict.fromkeys(PRIMITIVES, "String"),
    **dict.fromkeys(("integer", "positiveInt", "unsignedInt", "decimal"), "Number"),
    **dict.fromkeys(("date", "dateTime", "instant"), "Date"),
    **dict.fromkeys(QUANTITIES, "Quantity"),
    "time": "Time", "boolean": "Boolean", "Resource": None, "System.Any": None,
    "System.Integer": "Number", "System.Decimal": "Number", "System.Date": "Date", "System.DateTime": "Date",
    **{f"System.{name}": name for name in SYSTEM - {"Any", "Integer", "Decimal", "Date", "DateTime"}},
}  # fmt: skip


def of_system(*names: str, one: bool = True) -> Static:
    """Return what is known of a result of FHIRPath's own types."""
    return Static(frozenset(f"System.{name}" for name in names), one)


BOOLEAN: Final = of_system("Boolean")


@dataclass(frozen=True, slots=True)
class Code:
    """A compiled part.

    run      gives the collection
    tells    gives it as a truth value at once, where there is a shorter way
    present  tells at once whether there is anything, where there is a shorter way
    fixed    the collection, where it is always the same
    """

    run: Runs
    static: Static = ANY
    tells: Tells | None = None
    present: Callable[[Scope], bool] | None = None
    fixed: Items | None = None

    @property
    def truth(self) -> Tells:
        """What gives the collection as a truth value."""
        if self.tells:
            return self.tells
        run = self.run
        return lambda s: truth(run(s))


def telling(tells: Tells) -> Code:
    """Return the code of a part whose result is a Boolean or empty."""

    def run(s: Scope) -> Items:
        found = tells(s)
        return [] if found is None else [found]

    return Code(run, BOOLEAN, tells)


def constant(value: Any, static: Static) -> Code:
    """Return the code of a part that is always the same."""
    items = [] if value is None else [value]
    return Code(lambda _: items, static, fixed=items)
