"""What is asked about. To widen the test, add a word here; the oracle knows more than is asked today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PREFIXES = ("", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb")


@dataclass(frozen=True, kw_only=True)
class Features:
    """What random queries may contain. "type" among the modifiers stands for the name of a resource type."""

    kinds: frozenset[str] = frozenset("token reference string date number quantity uri".split())
    modifiers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by kind
    prefixes: tuple[str, ...] = PREFIXES
    approximately: bool = False
    partly: bool = False  # ge and le of stretches that only touch what is asked for; the upper end of a precision
    absolute: bool = False  # references by URL
    own: bool = True  # also by URLs of our own
    by_system: bool = True  # :identifier=system|
    unresolved: bool = True  # :missing and :identifier where the type pointed to decides
    together: bool = True  # :missing of composites
    norwegian: bool = False  # æ, ø, å sort last
    long: bool = False  # text beyond the first 200 letters
    implied_systems: bool = False  # system|code where the element is a plain code
    letter_case: bool = False  # tokens are found whatever the size of their letters
    ucum: bool = False  # g is found by mg
    versions: bool = False  # canonical|version
    chains: int = 0  # hops
    has: int = 0
    iterate: bool = False
    wildcards: bool = False
    sort: frozenset[str] = frozenset("date string number quantity".split())
    compartments: bool = False
    lists: bool = False
    words: bool = False  # _text and _content
    post: bool = True


FULL = Features(
    kinds=frozenset("token reference string date number quantity uri composite".split()),
    modifiers={
        "": ("missing",), "string": ("contains", "exact"), "reference": ("type", "identifier"),
        "token": ("not", "text", "of-type", "in", "not-in", "below", "above"), "uri": ("below", "above"),
    },
    compartments=True, lists=True, words=True, approximately=True, partly=True, absolute=True, norwegian=True, long=True, chains=5, has=3, iterate=True,
    wildcards=True, ucum=True, sort=frozenset("date string number quantity token reference uri".split()),
)  # fmt: skip
TODAY = FULL
