"""The village of the leak suite: every person of sees.py in the journal, every asker as the doors would let them in.

What is kept is told as items: one resource, or what of one is kept apart, each with marks that stand nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import count
from typing import Any, Final

from akson.base.ids import new_owner_key
from akson.base.work import Actor, Attested, Kind, Purpose
from akson.fhir import bodies
from akson.patient import openings
from akson.record import erasure, journal
from akson.record.drafts import Draft
from akson.record.office import Office
from akson.registers.identifiers import Fnr, synthetic_fnr
from seeds import fjordvik as at
from seeds import staff as by
from tests.leaks import placing
from tests.leaks.canary import MADE_BY_HAND, REGISTERS, THERE, TYPES, Canary
from tests.leaks.lives import BY_MARK, LIVES, MARK, Life, mapped
from tests.leaks.marks import ABSENT, Marks
from tests.leaks.placing import NOBODYS, Whereabouts
from tests.leaks.sees import ASKERS, Asker
from tests.offices import JOB, NOW, Clock

Resource = dict[str, Any]
UNITS: Final = {"fjordvik": "fjordvik", "nord": "fjordvik", "sentrum": "fjordvik", "lege": "lege", "fjell": "fjell",
                "nobody's": "nobody's"}  # unit -> who answers for its records  # fmt: skip
CORE: Final = ("vital", "Condition", "DocumentReference", "MedicationRequest", "Appointment")
_BY_THINGS = {"DeviceMetric", "EnrollmentResponse"}  # in the record of what they belong to; canary.py has them
OTHERS: Final = tuple(one for one in TYPES if one not in MADE_BY_HAND | _BY_THINGS | {"Patient", *CORE})
_ADDRESSES = ("address", "valueAddress", "locationAddress")
_KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "closed": ("DocumentReference",), "erased": ("DocumentReference",), "report": ("Communication", "Task")}  # fmt: skip
_VITAL = [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}]}]
VOUCHED_FOR: Final = Attested(profession="LE", purpose=Purpose.TREATMENT, why="lege, behandling")
_CANARY = Canary(key="KX", family="KX", born=NOW.date(), index=1, gp=by.MARIAM, unit=at.NORD)
_PLACED = replace(_CANARY, to_places=True)
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
    """Everything there is. patients: person -> "Patient/id"; items by mark."""

    office: Office
    names: dict[str, str] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)
    marks: dict[str, Item] = field(default_factory=dict)

    def key(self, name: str) -> int:
        """Return the owner key of "Patient/served"."""
        return self.office.ids.open(self.names[name].partition("/")[2]) or 0

    def id(self, name: str) -> str:
        return self.names[name].partition("/")[2]


@dataclass(frozen=True)
class _One:
    """One resource to be written. by: the asker who writes it."""

    part: str
    kind: str
    resource: Resource
    marks: Marks
    by: str = ""


async def build(office: Office, *, others: int = 2) -> Village:
    """Write the village into an empty office; others: how many types beside the usual ones each record has."""
    village = _Building(Village(office=office), others)
    await village.build()
    return village.made


class _Building:
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
            await _Person(self, person, life, n).build()
        self._item("known to nobody", "name", {"Patient"}, self._found("known to nobody", "Patient"), self.name)

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
        await self.write([(one, JOB) for one in made])

    def whereabouts(self, person: str) -> Whereabouts:
        there, nobodys = (
            {kind: self.made.names[f"{kind}/{whose}"] for kind in REGISTERS} for whose in (person, NOBODYS)
        )
        return Whereabouts(there=there, nobodys=nobodys)

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

    def _item(
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


class _Person:
    """One person, from birth to what is kept about them."""

    def __init__(self, town: _Building, person: str, life: Life, n: int) -> None:
        self.town, self.person, self.life, self.n = town, person, life, n
        self.me = town.made.names[f"Patient/{person}"]
        self.owner = town.made.key(f"Patient/{person}")
        self.address = Marks(next(town.numbers)) if any(part == "address" for part, _, _ in life.parts) else None
        self.place = town.whereabouts(person) if hides_places(life) else None
        self.canary = _PLACED if self.place else _CANARY
        self.document = self.mint("DocumentReference")
        self.there = dict[Marks, Marks]()  # of a resource -> of where it is

    def mint(self, kind: str) -> str:
        return f"{kind}/{self.town.made.office.ids.mint(self.owner)}"

    async def build(self) -> None:
        clock = self.town.made.office.clock
        assert isinstance(clock, Clock)
        await self._write([self._patient()])
        await self._write([
            _One("consent" if one["resourceType"] == "Consent" else "plain", one["resourceType"], one,
                 Marks(next(self.town.numbers)))
            for one in self.life.ties
        ])  # fmt: skip
        await self._open(clock)
        await self._write([self._filled(kind, "plain") for kind in self._kinds()])
        if self.place:
            note = self._filled("DocumentReference", "plain")
            await self._write([replace(note, resource={k: v for k, v in note.resource.items() if k != "context"})])
        for part, writer, long_ago in self.life.parts:
            if part not in ("address", "place"):
                kinds = _KINDS.get(part, ("DocumentReference", "vital"))
                await self._write([self._filled(kind, part, writer, long_ago=long_ago) for kind in kinds])
        await self._close()
        await self._afterwards()

    def _patient(self) -> _One:
        fnr = number_of(self.person, self.life)
        made = self.canary.filled("Patient")
        for name in ("link", "deceasedBoolean", *(() if self.place else ("generalPractitioner",))):
            made.pop(name, None)
        made |= {"identifier": [fnr.identifier()], "birthDate": self.life.born.isoformat(), "gender": "female",
                 "name": [{"family": "KX", "given": ["KX"]}]}  # fmt: skip
        meta = made["meta"] | dict(self.life.patient).get("meta", {})
        return _One("plain", "Patient", {**made, **self.life.patient, "meta": meta, "id": self.me.partition("/")[2]},
                    Marks(next(self.town.numbers)))  # fmt: skip

    def _kinds(self) -> Iterator[str]:
        yield from CORE
        wanted = len(OTHERS) if self.life.every else self.town.others
        yield from (OTHERS * 2)[(self.n * wanted) % len(OTHERS) :][:wanted]

    def _filled(self, kind: str, part: str, writer: str = "", *, long_ago: bool = False) -> _One:
        made = self.canary.filled("Observation" if kind == "vital" else kind)
        made = placing.at_appointments(placing.without_payers(made)) if self.place else made
        if kind == "vital":
            made["category"] = _VITAL
        if part in BY_MARK and (part != "closed" or "securityLabel" in (self.life.closed or {})):
            system, code = BY_MARK[part]
            made["meta"] = made["meta"] | {"security": [{"system": system, "code": code}]}
        if part == "report":
            made["meta"] = made["meta"] | {"security": [{"system": MARK, "code": one} for one in self._reported()]}
        if part == "closed" and kind == "DocumentReference":
            made["id"] = self.document.partition("/")[2]
        return _One(part, kind, made, Marks(next(self.town.numbers), long_ago), writer)

    def _reported(self) -> list[str]:
        """Return the marks of a report to the barnevern, as the page writes them."""
        unit, ago, told = self.life.reported
        who, place = (self.town.made.id(one) for one in ("Practitioner/who reported", f"Organization/{unit}"))
        marks = ["child-concern", f"reported-by-{who}", f"reported-from-{place}",
                 f"reported-on-{NOW - ago:%Y-%m-%dT%H:%M:%SZ}", "withheld-parents"]  # fmt: skip
        return marks if told else [*marks, "withheld"]

    async def _open(self, clock: Clock) -> None:
        """Let somebody open the record, at the time when they did."""
        if self.life.opened is None:
            return
        who, how, ago = self.life.opened
        actor = replace(self.town.made.actors[who], scopes=frozenset())
        clock.now = NOW - ago
        patient = self.me.partition("/")[2]
        purpose = Purpose.EMERGENCY if how == "emergency" else Purpose.TREATMENT
        async with self.town.made.office.work(actor, purpose) as work:
            if how == "emergency":
                await openings.open_in_emergency(work, patient, reason="Bevisstløs på gata", danger=True)
            else:
                await openings.open_with_reason(work, patient, template="B1", reason="Venter på legevakten")
        clock.now = NOW

    async def _close(self) -> None:
        if self.life.closed is None:
            return
        policy = (
            [{"system": "https://akson.no/fhir/block", "code": "even-emergency"}] if self.life.even_emergency else []
        )
        said = {"resourceType": "Consent", "status": "active", "patient": {"reference": "SELF"},
                "scope": {"coding": [{"code": "patient-privacy"}]}, "category": [{"text": "KX"}],
                "policyRule": {"coding": [{"code": "OPTOUT"}, *policy]}, "provision": self.life.closed}  # fmt: skip
        await self._write([_One("consent", "Consent", said, Marks(next(self.town.numbers)))])

    async def _afterwards(self) -> None:
        """Delete and erase what is called so; begin the case."""
        made = self.town.made
        for item in [one for one in made.items if one.person == self.person]:
            if item.part == "deleted":
                async with made.office.work(JOB, Purpose.SYSTEM) as work:
                    await journal.delete(work, *item.ref.split("/"))
            if item.part == "erased":
                decided = erasure.Decision(
                    ground=erasure.Ground.WRONG_PATIENT, reason="Skrevet i feil pasients journal"
                )
                doctor = replace(made.actors["sykehjemslege in nord"], scopes=frozenset())
                async with made.office.work(doctor, Purpose.TREATMENT) as work:
                    await erasure.erase(work, [item.ref], decided)
        if self.person == "with a case":
            await self._complain()

    async def _complain(self) -> None:
        """Let a nurse look, and the person ask why."""
        made, marks = self.town.made, Marks(next(self.town.numbers))
        nurse = made.actors["sykepleier in nord"]
        async with made.office.work(replace(nurse, scopes=frozenset()), Purpose.TREATMENT) as work:
            await journal.chart(work, self.me.partition("/")[2], {"Condition": 5})

        def part(code: str, **value: Any) -> Resource:
            return {"type": {"coding": [{"system": "https://akson.no/fhir/case-input", "code": code}]}, **value}

        day = {"start": NOW.date().isoformat(), "end": NOW.date().isoformat()}
        asked = {
            "resourceType": "Task", "status": "requested", "intent": "order", "for": {"reference": self.me},
            "code": {"coding": [{"system": "https://akson.no/fhir/case", "code": "explanation"}]},
            "input": [part("who", valueReference={"reference": nurse.id}), part("when", valuePeriod=day),
                      part("words", valueString=marks.word)],
        }  # fmt: skip
        async with made.office.work(replace(made.actors[self.person], scopes=frozenset()), Purpose.OWN) as work:
            kept = await journal.create(work, asked)
        self.town._item(self.person, "case", {"Task"}, bodies.loads(kept.body or b"{}") | {"id": kept.id}, marks)

    async def _write(self, all_: Sequence[_One]) -> None:
        """Write resources, and note each as an item."""
        written = []
        for one in all_:
            made = one.marks.put(mapped(one.resource, self._known(one.marks)))
            made = self._addressed(made) if self.address else made
            made = self._placed(made, one.marks) if self.place else made
            made.setdefault("id", self.mint(made["resourceType"]).partition("/")[2])
            writer = self.town.made.actors.get(one.by)
            actor = replace(JOB, key=writer.key, unit=writer.unit, unit_id=writer.unit_id) if writer else JOB
            written.append((made, actor))
            kinds = {one.kind, made["resourceType"]}
            self._noted(one, kinds, made)
            if one.kind == "Patient" and self.address:
                self.town._item(self.person, "address", kinds, made, self.address)
        await self.town.write(written)

    def _placed(self, made: Resource, marks: Marks) -> Resource:
        """Return a resource with the marks of where it is: its own, when no more is told than when; else others."""
        assert self.place
        there = self.there[marks] = marks if placing.told_in_part(made) else Marks(next(self.town.numbers))
        made = self.place.marked(made, there, self.me)
        return placing.sorted_plainly(made, marks.word) if placing.told_in_part(made) else made

    def _noted(self, one: _One, kinds: set[str], made: Resource) -> None:
        there = self.there.get(one.marks)
        if there != one.marks:
            self.town._item(self.person, one.part, kinds, made, one.marks, one.by)
        if self.place and there and (there == one.marks or self.place.said_in(made)):
            self.town.place(self.person, kinds, made, there, self.place)

    def _known(self, marks: Marks) -> Any:
        names = self.town.made.names
        stands = {"SELF": self.me, "Patient/KX": self.me, by.MARIAM.ref: names["Practitioner/nobody's"],
                  at.NORD.key: names["Organization/nobody's"], "DOC": self.document, "NAME": self.town.name.word}  # fmt: skip
        if self.place:
            stands |= {f"{kind}/{THERE}": there for kind, there in self.place.there.items()}
            stands |= {by.MARIAM.ref: self.place.there["Practitioner"], at.NORD.key: self.place.there["Organization"]}

        def known(text: str) -> Any:
            if text.startswith("NUMBER:"):
                who = text.removeprefix("NUMBER:")
                return number_of(who, LIVES[who]).identifier()
            return stands.get(text) or names.get(text) or text.replace("KX", marks.word)

        return known

    def _addressed(self, value: Any) -> Any:
        """Return a resource whose addresses carry the marks of the address."""
        word = self.address.word if self.address else ""
        if isinstance(value, list):
            return [self._addressed(one) for one in value]
        if not isinstance(value, dict):
            return value
        told = {"line": [word], "city": word, "postalCode": word, "text": word}
        return {
            name: ([told] if isinstance(inner, list) else told if isinstance(inner, dict) else word)
            if name in _ADDRESSES else self._addressed(inner)
            for name, inner in value.items()
        }  # fmt: skip


def hides_places(life: Life) -> bool:
    return any(part == "place" for part, _, _ in life.parts)


def number_of(person: str, life: Life) -> Fnr:
    """Return the national number of one of the village."""
    among = [one for one, other in LIVES.items() if other.born == life.born]
    return synthetic_fnr(life.born, among.index(person) + 1, female=True)


def parts(village: Village) -> Mapping[str, int]:
    """Return how many items each part has, for the tests that nothing of the table is missing."""
    found: dict[str, int] = {}
    for item in village.items:
        found[item.part] = found.get(item.part, 0) + 1
    return found
