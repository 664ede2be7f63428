"""What stands in no record, in the village of the leak suite: reports to the barnevern of somebody unknown, and unit's work.

Written by hand as the page and the filing of answers write them (akson/exchange/concerning.py), with marks of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Final

from akson.base.ids import new_owner_key
from akson.base.work import Purpose
from akson.fhir import bodies
from akson.record import journal
from akson.record.office import Office
from tests.leaks import village
from tests.leaks.canary import WORD
from tests.leaks.lives import MARK
from tests.leaks.marks import ABSENT, Marks
from tests.leaks.village import Item, Resource, Village
from tests.offices import JOB, NOW

FIRST: Final = 15_000  # of the numbers of these marks
_A_YEAR: Final = timedelta(days=400)
_REPORTS: Final = (("somebody unknown who is reported", "sentrum", timedelta(days=10)),
                   ("somebody unknown, reported a year ago", "sentrum", _A_YEAR),
                   ("somebody unknown, reported from another unit", "nord", timedelta(days=10)))  # fmt: skip


async def build(office: Office, *, others: int = 2) -> Village:
    """Write the village into an empty office, and beside it what stands in no record; others: as village.build."""
    made = await village.build(office, others=others)
    writer = _Writer(made)
    for whom, unit, ago in _REPORTS:
        await writer.report(whom, unit, ago)
    await writer.work("a unit's own work", "sentrum")
    return made


@dataclass
class _Writer:
    made: Village
    numbers: count[int] = field(default_factory=lambda: count(FIRST))

    async def report(self, whom: str, unit: str, ago: timedelta) -> None:
        """Write a report, its task, what came back and the task of that."""
        who = self.made.names["Practitioner/who reported"]
        codes = ["child-concern", f"reported-by-{who.partition('/')[2]}", f"reported-from-{self.made.id(f'Organization/{unit}')}",
                 f"reported-on-{NOW - ago:%Y-%m-%dT%H:%M:%SZ}", "withheld-parents", "withheld"]  # fmt: skip
        meta = {"security": [{"system": MARK, "code": one} for one in codes]}
        report = await self.put(whom, "report", unit, _told(meta, sender={"reference": who}))
        await self.put(whom, "report", unit, _waits(meta, report, owner={"reference": who}))
        answer = await self.put(whom, "answer", unit, _told(meta, inResponseTo=[{"reference": report}]))
        await self.put(whom, "answer", unit, _waits(meta, answer, owner={"reference": who}))

    async def work(self, whose: str, unit: str) -> None:
        owner = {"reference": self.made.names[f"Organization/{unit}"]}
        await self.put(whose, "work", unit, _waits({}, "", owner=owner))

    async def put(self, person: str, part: str, unit: str, resource: Resource) -> str:
        """Write one, at a unit, and note it as an item; return "Type/id"."""
        marks, names = Marks(next(self.numbers)), self.made.names
        ids, focus = self.made.office.ids, resource.get("focus", {}).get("reference", "").partition("/")[2]
        id_ = ids.mint(ids.open(focus) or new_owner_key())  # a task belongs with what it is about
        nothing, nobody, nobody_else = (ids.mint(new_owner_key()) for _ in range(3))
        made = marks.put(resource)
        unit_key, unit_id = self.made.key(f"Organization/{unit}"), names[f"Organization/{unit}"]
        writer = replace(JOB, key=self.made.key("Practitioner/who reported"), unit=unit_key, unit_id=unit_id)
        async with self.made.office.work(writer, Purpose.SYSTEM) as work:
            await journal.write_set(work, [journal.draft("POST", bodies.dumps(made), id_=id_)])
        item = Item(
            person=person, part=part, kinds=frozenset({made["resourceType"]}), resource=made | {"id": id_},
            word=marks.word, names=(*zip(marks.all, Marks(ABSENT).all, strict=True), (id_, nothing)),
            patient=(nobody, nobody_else),
        )  # fmt: skip
        self.made.items.append(item)
        self.made.marks |= dict.fromkeys(marks.all, item)
        return item.ref


def _told(meta: Resource, **more: object) -> Resource:
    return {
        "resourceType": "Communication", "meta": meta | _TAGGED, "implicitRules": WORD, "status": "completed",
        "identifier": [{"system": "https://kanari.example", "value": WORD}], "topic": {"text": WORD},
        "category": [{"coding": [{"system": "https://kanari.example", "code": WORD}], "text": WORD}],
        "sent": _MOMENT, "payload": [{"contentString": WORD}], "note": [{"text": WORD}], **more,
    }  # fmt: skip


def _waits(meta: Resource, focus: str, **more: object) -> Resource:
    about = {"focus": {"reference": focus}} if focus else {}
    return {
        "resourceType": "Task", "meta": meta | _TAGGED, "implicitRules": WORD, "status": "accepted", "intent": "order",
        "identifier": [{"system": "https://kanari.example", "value": WORD}], "code": {"text": WORD}, "description": WORD,
        "authoredOn": _MOMENT, "note": [{"text": WORD}], **about, **more,
    }  # fmt: skip


_MOMENT: Final = "2026-05-06T07:08:09+02:00"  # of canary.py: in its place comes the moment of the marks
_TAGGED: Final = {
    "tag": [{"system": f"https://kanari.example/{WORD}", "code": WORD}],
    "source": f"https://kanari.example/{WORD}",
}
