"""What an answer gives away: marks that the oracle does not let the asker see, and whether something is there at all.

An answer about a hidden item must be, to the byte, the answer about one that is nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final

import msgspec

from akson.fhir import bodies
from tests.fhirapi.clients import Api
from tests.leaks import attempts
from tests.leaks.marks import FOUND
from tests.leaks.questions import Entry, entry
from tests.leaks.sees import Asker, sees
from tests.leaks.village import Item, Village

AT_ONCE: Final = 250  # entries in one batch
_MADE_UP = r'(?<="201 Created","location":)"[^"]*"'  # the id of something new
_VARYING: Final = re.compile(rf"_page=[\w-]+|\bT-[0-9A-F]{{8}}\b|Bundle\.entry\[\d+\]|{_MADE_UP}")


About = Callable[[Item], bool]


class _Answer(msgspec.Struct):
    entry: list[msgspec.Raw] = []


@dataclass(frozen=True, kw_only=True)
class Leak:
    """Something that was given away: who asked what, and what came out."""

    asker: str
    person: str
    part: str
    asked: str
    told: str

    def __str__(self) -> str:
        return f"{self.asker} <- {self.person} ({self.part}): {self.asked[:200]} -> {self.told[:500]}"


@dataclass(kw_only=True)
class Tally:
    """What came of a walk. attempts: at what is hidden; seen: what the oracle says is seen, and was."""

    attempts: int = 0
    seen: int = 0
    leaks: list[Leak] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.attempts += other.attempts
        self.seen += other.seen
        self.leaks += other.leaks
        self.missing += other.missing


class Walk:
    """All that one asker tries."""

    def __init__(self, village: Village, api: Api, asker: Asker) -> None:
        self.village, self.asker = village, asker
        self.client = api.as_(village.actors[asker.name])
        self.tally = Tally()
        self.results: list[str | None] = []  # of each attempt: what was given away
        self._of_nothing: dict[str, str] = {}  # question -> answer
        self._open = {one.word: self.sees(one) for one in village.items}
        self._persons = {one.person for one in village.items if self.sees(one)}

    def sees(self, item: Item) -> bool:
        return sees(self.asker, item.person, item.part, item.kinds)

    def ways(self, about: About, *, near: bool, every: int, first: int) -> list[tuple[Item, Entry]]:
        """Return each so-manieth attempt at what is hidden from the asker, the same ones at all of a kind.

        near  in records that the asker sees another part of; else in all others
        """
        hidden = [
            one for one in self.village.items
            if about(one) and not self.sees(one) and near is (one.person in self._persons)
        ]  # fmt: skip
        return [
            (item, asked)
            for item in hidden for asked in _ways(item, whole=not near)[(first + len(item.ref)) % every :: every]
        ]  # fmt: skip

    async def hidden(self, *, near: int, far: int, first: int = 0, about: About = lambda _: True) -> None:
        """Try each so-manieth way to what is hidden: in records that the asker sees a part of, and in others."""
        await self.try_(self.ways(about, near=True, every=near, first=first))
        await self.try_(self.ways(about, near=False, every=far, first=first))

    async def share(self, most: int, first: int) -> None:
        """Make so many attempts, at most half of them at records that the asker sees a part of, evenly over all ways."""
        near = self._evenly(most // 2, first, near=True)
        far = self._evenly(most - len(near), first, near=False)
        await self.try_(near + far)

    def _evenly(self, most: int, first: int, *, near: bool) -> list[tuple[Item, Entry]]:
        """Return so many attempts, or all there are."""
        total = len(self.ways(lambda _: True, near=near, every=1, first=0))
        every, found = total // most + 1, list[tuple[Item, Entry]]()
        for turn in range(every):
            found += self.ways(lambda _: True, near=near, every=every, first=first + turn)
            if len(found) >= most:
                break
        return found[:most]

    async def alone(self, most: int, first: int) -> None:
        """Make so many requests of their own: their headers tell as much as their bodies."""
        hidden = [
            one
            for one in self.village.items
            if not self.sees(one) and one.part not in ("address", "name", "place", "erased")
        ]
        tried = [(item, one) for item in hidden for one in attempts.alone(item, whole=self._whole(item))]
        every = max(1, len(tried) // most)
        for item, one in tried[first % every :: every][:most]:
            whole = self._whole(item)

            def absent(text: str, item: Item = item, whole: bool = whole) -> str:
                return item.absent(text, whole=whole)

            answer, nothing = await self._request(one), await self._request(one.mapped(absent))
            asked = entry(one.method, f"{one.path} {one.body}")
            found = self._shown(asked, answer, item)
            if found is None and absent(answer) != absent(nothing):
                found = self._leak(item, asked, f"{answer} but of nothing {nothing}")
            self._judge(found)

    async def _request(self, one: attempts.Request) -> str:
        """Return status, headers and body of an answer."""
        headers = {"accept-encoding": "identity", **dict(one.headers)}
        answer = await self.client.request(one.method, one.path, content=one.body or None, headers=headers)
        told = [f"{name}: {value}" for name, value in answer.headers.items() if name not in ("date", "x-request-id")]
        return _plain("\n".join([str(answer.status_code), *told, answer.text]))

    async def wide(self, every: int = 1, first: int = 0) -> None:
        """Ask each so-manieth of the questions about nobody in particular."""
        asked = list(attempts.wide())[first % every :: every]
        for question, told in zip(asked, await self._ask(asked), strict=True):
            self._judge(self._shown(question, told, None))

    async def seen(self, every: int = 1, about: About = lambda _: True) -> None:
        """Read each so-manieth of the things that the oracle says the asker sees: they must be there."""
        open_ = [one for one in self.village.items if about(one) and self.sees(one)]
        found = [one for one in open_ if one.part not in ("name", "address")][::every]
        asked = [entry("GET", f"{one.ref}/_history/1" if one.part == "deleted" else one.ref) for one in found]
        for item, told in zip(found, await self._ask(asked), strict=True):
            if item.word in told:
                self.tally.seen += 1
            else:
                self.tally.missing.append(
                    f"{self.asker.name} does not see {item.person} ({item.part}) {item.ref}: {told[:300]}"
                )

    async def try_(self, tried: Sequence[tuple[Item, Entry]]) -> None:
        """Make attempts, each at one item; and the same about nothing, once for all that are alike."""
        asked = [one for _, one in tried]
        forms = [item.absent(_text(one), whole=self._whole(item)) for item, one in tried]
        new = [form for form in dict.fromkeys(forms) if form not in self._of_nothing]
        told = await self._ask([bodies.loads(form.encode()) for form in new])
        self._of_nothing |= zip(new, map(_plain, told), strict=True)
        for (item, one), form, answer in zip(tried, forms, await self._ask(asked), strict=True):
            found = self._shown(one, answer, item)
            told, nothing = (item.absent(text, whole=self._whole(item)) for text in (answer, self._of_nothing[form]))
            if found is None and item.part != "erased" and _plain(told) != nothing:
                found = self._leak(item, one, f"{answer} but of nothing {nothing}")
            self._judge(found)

    def _judge(self, found: Leak | None) -> None:
        self.tally.attempts += 1
        self.results.append(str(found) if found else None)
        self.tally.leaks += [found] if found else []

    def _whole(self, item: Item) -> bool:
        return item.person not in self._persons

    def _shown(self, asked: Entry, answer: str, item: Item | None) -> Leak | None:
        """Return what an answer shows of what is hidden, but for what the question itself said."""
        question = ""
        for mark in set(FOUND.findall(answer)):
            owner = self.village.marks.get(mark)
            if owner is None or self._open[owner.word]:
                continue
            question = question or _text(asked)
            if mark not in question:
                return self._leak(item or owner, asked, f"{mark} of {owner.person} ({owner.part}) in {answer}")
        place = self._place_in(answer, asked, item) if item else ""
        return self._leak(item, asked, f"{place} in {answer}") if item and place else None

    @staticmethod
    def _place_in(answer: str, asked: Entry, item: Item) -> str:
        """Return what of an item's places stands in an answer; places know of each other, so a question may name none."""
        named = any(one.partition("/")[2] in _text(asked) for one in item.places)
        return "" if named else next((one for one in item.places if one in answer), "")

    def _leak(self, item: Item, asked: Entry, told: str) -> Leak:
        request = asked["request"]
        return Leak(asker=self.asker.name, person=item.person, part=item.part,
                    asked=f"{request['method']} {request['url']}", told=told)  # fmt: skip

    async def _ask(self, asked: Sequence[Entry]) -> list[str]:
        """Return the answer to each question, as text."""
        found: list[str] = []
        for some in _by(asked, AT_ONCE):
            sent = bodies.dumps({"resourceType": "Bundle", "type": "batch", "entry": some})
            answer = await self.client.post("", content=sent)
            assert answer.status_code == 200, answer.text[:500]
            found += [bytes(one).decode() for one in msgspec.json.decode(answer.content, type=_Answer).entry]
        return found


@cache
def _ways(item: Item, *, whole: bool) -> tuple[Entry, ...]:
    return tuple(attempts.about(item, whole=whole))


def _by(asked: Sequence[Entry], size: int) -> Iterator[Sequence[Entry]]:
    for start in range(0, len(asked), size):
        yield asked[start : start + size]


def _text(asked: Entry) -> str:
    return bodies.dumps(asked).decode()


def _plain(text: str) -> str:
    return _VARYING.sub("", text)
