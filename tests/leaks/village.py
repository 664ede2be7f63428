"""The village of the leak suite: every person of sees.py in the journal, every asker as the doors would let them in.

What is kept is told as items: one resource, or what of one is kept apart, each with marks that stand nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any, Final

from akson.base.ids import new_owner_key
from akson.base.work import Actor, Attested, Kind, Purpose
from akson.fhir import bodies
from akson.record import journal
from akson.record.drafts import Draft
from akson.record.office import Office
from akson.registers.identifiers import synthetic_fnr
from tests.leaks import placing
from tests.leaks.canary import REGISTERS
from tests.leaks.lives import LIVES
from tests.leaks.marks import ABSENT, Marks
from tests.leaks.placing import NOBODYS, Whereabouts
from tests.leaks.sees import ASKERS, Asker
from tests.leaks.upbringing import Person, hides_places
from tests.offices import JOB, NOW

Resource = dict[str, Any]
UNITS: Final = {"fjordvik": "fjordvik", "nord": "fjordvik", "sentrum": "fjordvik", "lege": "lege", "fjell": "fjell",
                "nobody's": "nobody's"}  # unit -> who answers for its records  # fmt: skip
VOUCHED_FOR: Final = Attested(profession="LE", purpose=Purpose.TREATMENT, why="lege, behandling")
_SOME_NUMBER = 30  # of the national numbers of one day: nobody's


@dataclass(frozen=True, kw_only=True, eq=False)
class Item:
    """One thing that is kept. kinds: its type, and "vital"; names: (what it is known by, the same of nothing).

    patient  the same of the person whose it is
    by       the asker who wrote it, "" when nobody of them did
    more     another one like it in this record would be hidden like it
    places   what of the registers tells where the person is, of the part "place": "Location/x"
    """

    person: str
    part: str
    kinds: frozenset[str]
    resource: Resource
    word: str
    names: tuple[tuple[str, str], ...]
    patient: tuple[str, str]
    by: str = ""
    more: bool = False
    places: tuple[str, ...] = ()

    @property
    def ref(self) -> str:
        return f"{self.resource['resourceType']}/{self.resource['id']}"

    def absent(self, text: str, *, whole: bool) -> str:
        """Return a question or an answer as it would be about what is nowhere; whole: about nobody either."""
        for mine, nothings in (*self.names, self.patient) if whole else self.names:
            text = text.replace(mine, nothings)
        return text


@dataclass(kw_only=True)
class Village:
    """Everything there is. patients: person -> "Patient/id"; items by mark; where those with a hidden address are."""

    office: Office
    names: dict[str, str] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)
    marks: dict[str, Item] = field(default_factory=dict)
    whereabouts: dict[str, Whereabouts] = field(default_factory=dict)

    def key(self, name: str) -> int:
        """Return the owner key of "Patient/served"."""
        return self.office.ids.open(self.names[name].partition("/")[2]) or 0

    def id(self, name: str) -> str:
        return self.names[name].partition("/")[2]


async def build(office: Office, *, others: int = 2) -> Village:
    """Write the village into an empty office; others: how many types beside the usual ones each record has."""
    village = Building(Village(office=office), others)
    await village.build()
    return village.made


class Building:
    def __init__(self, made: Village, others: int) -> None:
        self.made, self.others, self.numbers = made, others, count(1)
        self.absent = Marks(ABSENT)
        self.nobody, self.nothing = (made.office.ids.mint(new_owner_key()) for _ in range(2))

    async def build(self) -> None:
        await self._registers()
        for person in LIVES:
            self.made.names[f"Patient/{person}"] = f"Patient/{self.made.office.ids.mint(new_owner_key())}"
        for asker in ASKERS:
            self.made.actors[asker.name] = self._actor(asker)
        self.name = Marks(next(self.numbers))
        for n, (person, life) in enumerate(LIVES.items()):
            await Person(self, person, life, n).build()
        self.item("known to nobody", "name", {"Patient"}, self._found("known to nobody", "Patient"), self.name)

    def _found(self, person: str, type_: str) -> Resource:
        return next(
            one.resource for one in self.made.items
            if one.person == person and one.resource["resourceType"] == type_
        )  # fmt: skip

    async def _registers(self) -> None:
        names = self.made.names
        minted = self.made.office.ids.mint
        made: list[Resource] = []
        for unit, above in UNITS.items():
            names[f"Organization/{unit}"] = f"Organization/{minted(new_owner_key())}"
            part = {} if above == unit else {"partOf": {"reference": names[f"Organization/{above}"]}}
            made.append(
                {"resourceType": "Organization", "id": self.made.id(f"Organization/{unit}"), "name": unit, **part}
            )
        for who in [one.name for one in ASKERS if one.kind == "staff"] + ["nobody's"]:
            names[f"Practitioner/{who}"] = f"Practitioner/{minted(new_owner_key())}"
            made.append(
                {"resourceType": "Practitioner", "id": self.made.id(f"Practitioner/{who}"), "name": [{"family": who}]}
            )
        for whose in [NOBODYS, *(person for person, life in LIVES.items() if hides_places(life))]:
            names |= {f"{kind}/{whose}": f"{kind}/{minted(new_owner_key())}" for kind in REGISTERS}
            made += placing.registers(names, whose)
        self.made.whereabouts |= {
            person: self.whereabouts(person) for person, life in LIVES.items() if hides_places(life)
        }
        await self.write([(one, JOB) for one in made])

    def whereabouts(self, person: str) -> Whereabouts:
        there, nobodys = (
            {kind: self.made.names[f"{kind}/{whose}"] for kind in REGISTERS} for whose in (person, NOBODYS)
        )
        return Whereabouts(whose=person, there=there, nobodys=nobodys)

    def helper(self, person: str) -> Actor:
        """Return who works where a person with a hidden address is."""
        at_ = self.made.whereabouts[person]
        me, unit = at_.there["Practitioner"], at_.there["Organization"]
        keys = {name: self.made.office.ids.open(name.partition("/")[2]) or 0 for name in (me, unit)}
        return Actor(kind=Kind.STAFF, id=me, key=keys[me], name=at_.called("Practitioner"), role="legevaktlege", unit=keys[unit],
                     unit_id=unit, unit_name=at_.called("Organization"), controller=keys[unit],
                     controller_name=at_.called("Organization"))  # fmt: skip

    def _actor(self, asker: Asker) -> Actor:
        key, id_, names = self.made.key, self.made.id, self.made.names
        scopes = frozenset(asker.scopes or ("user/*.cruds",))
        if asker.kind == "program":
            return Actor(kind=Kind.SYSTEM, id=f"Device/{asker.name.replace(' ', '-')}", key=0, name=asker.name, role="system",
                         scopes=scopes)  # fmt: skip
        context = key(f"Patient/{asker.only}") if asker.only else 0
        if asker.kind == "citizen":
            me = f"Patient/{asker.name}"
            return Actor(kind=Kind.CITIZEN, id=names[me], key=key(me), name=asker.name, role=asker.role, person=key(me),
                         born=date(1970, 5, 17), scopes=scopes)  # fmt: skip
        unit, home = f"Organization/{asker.unit}", f"Organization/{UNITS[asker.unit]}"
        also = {"a nurse who is a patient": "a patient who is a nurse", "a nurse who is a mother": "the mother"}
        person = key(f"Patient/{also[asker.name]}") if asker.name in also else 0
        me = f"Practitioner/{asker.name}"
        return Actor(kind=Kind.STAFF, id=f"Practitioner/{id_(me)}", key=key(me), name=asker.name, role=asker.role,
                     unit=key(unit), unit_id=names[unit], unit_name=asker.unit, controller=key(home),
                     controller_name=UNITS[asker.unit], person=person, scopes=scopes, context=context,
                     attested=VOUCHED_FOR if asker.role == "ekstern" else None)  # fmt: skip

    async def write(self, made: Sequence[tuple[Resource, Actor]]) -> None:
        """Write resources with the ids they have, each by its writer."""
        for writer in dict.fromkeys(actor for _, actor in made):
            drafts: list[Draft] = [
                journal.draft("POST", bodies.dumps({k: v for k, v in one.items() if k != "id"}), id_=one["id"])
                for one, actor in made if actor == writer
            ]  # fmt: skip
            async with self.made.office.work(writer, Purpose.SYSTEM) as work:
                await journal.write_set(work, drafts)

    def place(self, person: str, kinds: set[str], resource: Resource, marks: Marks, at_: Whereabouts) -> None:
        """Note where a resource says that its person is."""
        words = [(marks.word, self.absent.word), (marks.encoded, self.absent.encoded)]
        item = Item(person=person, part="place", kinds=frozenset(kinds), resource=resource, word=marks.word,
                    names=(*words, *at_.names), patient=(self.made.id(f"Patient/{person}"), self.nobody),
                    places=tuple(at_.there.values()))  # fmt: skip
        self.made.items.append(item)
        self.made.marks |= {mark: item for mark, _ in words}

    def item(
        self, person: str, part: str, kinds: set[str], resource: Resource, marks: Marks, by_: str = ""
    ) -> None:  # fmt: skip
        """Note something that is kept, under everything it may be known by."""
        patient = self.made.id(f"Patient/{person}")
        names = list(zip(marks.all, self.absent.all, strict=True))
        if resource["id"] != patient:
            names.append((resource["id"], self.nothing))
        else:
            names.append(
                (resource["identifier"][0]["value"], synthetic_fnr(NOW.date(), _SOME_NUMBER, female=True).value)
            )
        item = Item(person=person, part=part, kinds=frozenset(kinds), resource=resource, word=marks.word, names=tuple(names),
                    patient=(patient, self.nobody), by=by_, more=part != "closed" or "data" not in (LIVES[person].closed or {}))  # fmt: skip
        self.made.items.append(item)
        self.made.marks |= dict.fromkeys(marks.all, item)
