"""Two forms of one type held against each other: what is new, changed and gone in the later. Pure.

No schema is needed: blocks are walked through, and what stands in them is paired by its first code, else by its name
where it has one, else in its order. What says the same is never mentioned. Long texts are compared by sentence.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum
from typing import Any, Final

from akson.exchange import prose
from akson.exchange.parts import Part

ABOUT_ITSELF: Final = frozenset({"InformasjonOmForsendelse", "TidsfestetHendelse"})  # they tell of the message
LONG: Final = 80  # characters: a text that is longer is told by what came to it and what went
_PIECES: Final = re.compile(r"(?<=[.!?])\s+|\n+")
_MOST_PAIRS: Final = 40_000  # of sentences held against each other in one comparison: a moment, however they repeat
_NOTHING: Final = Part(name="")


class Way(Enum):
    """What became of something from one form to the next. The values name texts."""

    NEW = "new"
    CHANGED = "changed"
    GONE = "gone"


@dataclass(frozen=True, kw_only=True)
class Detail:
    """One value of an entry. label: "Dosering", "" for the entry's own; before: what stood there; now: what stands."""

    label: str = ""
    before: str = ""
    now: str = ""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing that is not as it was. what: "Legemiddel: Furosemid"; details: what of it."""

    way: Way
    what: str
    details: tuple[Detail, ...] = ()


@dataclass
class _Room:
    """How many pairs of sentences a comparison may still hold against each other, in all its texts together."""

    left: int = _MOST_PAIRS


def differences(before: Part, after: Part) -> list[Difference]:
    """Return what is not as it was, in the order of the later form; what is gone stands where it stood.

    >>> old, new = (Part(name="Rapport", parts=(Part(name="Merknad", text=text),)) for text in ("Bedre", "Verre"))
    >>> differences(old, new)
    [Difference(way=<Way.CHANGED: 'changed'>, what='Merknad', details=(Detail(label='', before='Bedre', now='Verre'),))]
    """
    return list(_blocks(before, after, 1, _Room()))


def _blocks(before: Part, after: Part, depth: int, room: _Room) -> Iterator[Difference]:
    was, stands = _named(before.parts), _named(after.parts)
    for name in dict.fromkeys((*stands, *was)):
        if name not in ABOUT_ITSELF:
            yield from _pairs(was.get(name, []), stands.get(name, []), depth, room)


def _pairs(was: Sequence[Part], stands: Sequence[Part], depth: int, room: _Room) -> Iterator[Difference]:
    """Yield what differs between the parts of one name; each is looked at once, however many there are."""
    same = {*was}.intersection(stands)
    old = {place: each for place, each in enumerate(was) if each not in same}
    waiting: dict[Any, deque[int]] = {}
    for place, each in old.items():
        waiting.setdefault(_key(each, depth), deque()).append(place)
    for part in (each for each in stands if each not in same):
        places = waiting.get(_key(part, depth))
        before = old.pop(places.popleft()) if places else None
        if _holds_others(part, depth):
            yield from _blocks(before or _NOTHING, part, depth + 1, room)
        elif before:
            yield _changed(before, part, room)
        else:
            yield Difference(way=Way.NEW, what=_titled(part), details=tuple(_details(part)))
    for part in old.values():
        if _holds_others(part, depth):
            yield from _blocks(part, _NOTHING, depth + 1, room)
        else:
            yield Difference(way=Way.GONE, what=_titled(part), details=tuple(_details(part)))


def _holds_others(part: Part, depth: int) -> bool:
    """Say whether a part is a block that holds entries; the entries themselves stand in blocks, or hold values only."""
    return depth == 1 and any(each.parts for each in part.parts)


def _key(part: Part, depth: int) -> Any:
    """Return what makes an entry the same one in two forms; None where nothing does: its place then does."""
    if _holds_others(part, depth) or not part.parts:
        return None
    first = _first(part)
    if _is_coded(first) and first.code:
        return first.code.value or first.code.name
    return _said(first) if len(list(_leaves(part))) > 1 and len(_said(first)) <= LONG else None


def _first(part: Part) -> Part:
    """Return what an entry is first of all: its code, else its first value; the part itself where it has none below."""
    leaves = list(_leaves(part))
    return next(filter(_is_coded, leaves), leaves[0] if leaves else part)


def _is_coded(part: Part) -> bool:
    return bool(part.code and (part.code.system or part.code.name))


def _leaves(part: Part) -> Iterator[Part]:
    for each in part.parts:
        if _said(each):
            yield each
        yield from _leaves(each)


def _changed(before: Part, after: Part, room: _Room) -> Difference:
    if not after.parts and not before.parts:
        found = tuple(_value("", before, after, room))
        return Difference(way=Way.CHANGED, what=prose.label(after.name), details=found)
    was, stands = _named(_leaves(before)), _named(_leaves(after))
    details = [line for name in dict.fromkeys((*stands, *was))
               for line in _leaf(name, was.get(name, []), stands.get(name, []), room)]  # fmt: skip
    return Difference(way=Way.CHANGED, what=_titled(after), details=tuple(details))


def _leaf(name: str, was: Sequence[Part], stands: Sequence[Part], room: _Room) -> Iterator[Detail]:
    """Yield what became of the values of one name in an entry."""
    old, new, label = dict.fromkeys(map(_said, was)), dict.fromkeys(map(_said, stands)), prose.label(name)
    if len(was) == len(stands) == 1 and old != new:
        yield from _value(label, was[0], stands[0], room)
    elif old != new:
        yield from (Detail(label=label, now=each) for each in new if each not in old)
        yield from (Detail(label=label, before=each) for each in old if each not in new)


def _value(label: str, before: Part, after: Part, room: _Room) -> Iterator[Detail]:
    """Yield what became of one value; of a long text what came to it and what went, sentence by sentence."""
    if max(len(_said(before)), len(_said(after))) <= LONG:
        yield Detail(label=label, before=_said(before), now=_said(after))
        return
    old, new = ([piece for piece in _PIECES.split(_said(part)) if piece] for part in (before, after))
    told: Callable[[list[str]], str] = " ".join
    for tag, a, b, c, d in _steps(old, new, room):
        if tag in ("insert", "replace"):
            yield Detail(label=label, now=told(new[c:d]))
        if tag in ("delete", "replace"):
            yield Detail(label=label, before=told(old[a:b]))


def _steps(old: Sequence[str], new: Sequence[str], room: _Room) -> Sequence[tuple[str, int, int, int, int]]:
    """Return what is done to the pieces of a text, as difflib says it; where there is no room all are replaced."""
    if (pairs := len(old) * len(new)) > room.left:
        return [("replace", 0, len(old), 0, len(new))]
    room.left -= pairs
    return SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes()


def _named(parts: Iterable[Part]) -> dict[str, list[Part]]:
    """Return parts by their name, in their order."""
    found: dict[str, list[Part]] = {}
    for each in parts:
        found.setdefault(each.name, []).append(each)
    return found


def _titled(part: Part) -> str:
    """Return "Legemiddel: Furosemid (C03CA01)": what an entry is called, and what it is first of all."""
    first = _said(_first(part))
    return f"{prose.label(part.name)}: {first}" if first and len(first) <= LONG else prose.label(part.name)


def _details(part: Part) -> Iterator[Detail]:
    """Yield all that an entry says beside its title."""
    first = _first(part)
    if len(_said(first)) > LONG:
        yield Detail(now=_said(first))
    yield from (Detail(label=prose.label(each.name), now=_said(each)) for each in _leaves(part) if each is not first)


def _said(part: Part) -> str:
    """Return what a part itself says, as people read it: "Furosemid (C03CA01)", "24.11.2026"."""
    code, text = part.code, prose.said(part.text.strip())
    if code is None:
        return text
    named = code.name or code.other
    value = prose.said(code.value)
    told = f"{named} ({value})" if named and value and value == code.value else named or value
    return ", ".join(filter(None, (f"{told} {part.unit}".strip(), text)))
