"""One life of lives.py, from birth to what is kept of it: everything in the record with its marks, and what happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from akson.base.work import Purpose
from akson.fhir import bodies
from akson.patient import openings
from akson.record import erasure, journal
from akson.registers.identifiers import Fnr, synthetic_fnr
from seeds import fjordvik as at
from seeds import staff as by
from tests.leaks import placing
from tests.leaks.canary import MADE_BY_HAND, THERE, TYPES, Canary
from tests.leaks.lives import BY_MARK, LIVES, MARK, Life, mapped
from tests.leaks.marks import Marks
from tests.offices import JOB, NOW, Clock

if TYPE_CHECKING:
    from tests.leaks.village import Building

Resource = dict[str, Any]
CORE: Final = ("vital", "Condition", "DocumentReference", "MedicationRequest", "Appointment")
_BY_THINGS = {"DeviceMetric", "EnrollmentResponse"}  # in the record of what they belong to; canary.py has them
OTHERS: Final = tuple(one for one in TYPES if one not in MADE_BY_HAND | _BY_THINGS | {"Patient", *CORE})
_ADDRESSES = ("address", "valueAddress", "locationAddress")
_KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "closed": ("DocumentReference",), "erased": ("DocumentReference",), "report": ("Communication", "Task")}  # fmt: skip
_VITAL = [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}]}]
_CANARY = Canary(key="KX", family="KX", born=NOW.date(), index=1, gp=by.MARIAM, unit=at.NORD)
_PLACED = replace(_CANARY, to_places=True)


@dataclass(frozen=True)
class One:
    """One resource to be written. by: the asker who writes it."""

    part: str
    kind: str
    resource: Resource
    marks: Marks
    by: str = ""


class Person:
    """One person, from birth to what is kept about them."""

    def __init__(self, town: Building, person: str, life: Life, n: int) -> None:
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
            One("consent" if one["resourceType"] == "Consent" else "plain", one["resourceType"], one,
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
        await self._visited(clock)
        await self._afterwards()

    def _patient(self) -> One:
        fnr = number_of(self.person, self.life)
        made = self.canary.filled("Patient")
        for name in ("link", "deceasedBoolean", *(() if self.place else ("generalPractitioner",))):
            made.pop(name, None)
        made |= {"identifier": [fnr.identifier()], "birthDate": self.life.born.isoformat(), "gender": "female",
                 "name": [{"family": "KX", "given": ["KX"]}]}  # fmt: skip
        meta = made["meta"] | dict(self.life.patient).get("meta", {})
        return One("plain", "Patient", {**made, **self.life.patient, "meta": meta, "id": self.me.partition("/")[2]},
                    Marks(next(self.town.numbers)))  # fmt: skip

    def _kinds(self) -> Iterator[str]:
        yield from CORE
        wanted = len(OTHERS) if self.life.every else self.town.others
        yield from (OTHERS * 2)[(self.n * wanted) % len(OTHERS) :][:wanted]

    def _filled(self, kind: str, part: str, writer: str = "", *, long_ago: bool = False) -> One:
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
        return One(part, kind, made, Marks(next(self.town.numbers), long_ago), writer)

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

    async def _visited(self, clock: Clock) -> None:
        """Let who works where the person is read the record and open it in an emergency, and say in words where it was."""
        if self.place is None:
            return
        helper, patient, work = self.town.helper(self.person), self.me.partition("/")[2], self.town.made.office.work
        clock.now = NOW - timedelta(hours=2)
        async with work(helper, Purpose.TREATMENT) as reading:
            await journal.chart(reading, patient, {"Condition": 5})
        async with work(helper, Purpose.EMERGENCY) as opening:
            await openings.open_in_emergency(opening, patient, reason=self.place.called("Location"), danger=True)
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
        await self._write([One("consent", "Consent", said, Marks(next(self.town.numbers)))])

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
        self.town.item(self.person, "case", {"Task"}, bodies.loads(kept.body or b"{}") | {"id": kept.id}, marks)

    async def _write(self, all_: Sequence[One]) -> None:
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
                self.town.item(self.person, "address", kinds, made, self.address)
        await self.town.write(written)

    def _placed(self, made: Resource, marks: Marks) -> Resource:
        """Return a resource with the marks of where it is: its own, when no more is told than when; else others."""
        assert self.place
        there = self.there[marks] = marks if placing.told_in_part(made) else Marks(next(self.town.numbers))
        made = self.place.marked(made, there, self.me)
        return placing.sorted_plainly(made, marks.word) if placing.told_in_part(made) else made

    def _noted(self, one: One, kinds: set[str], made: Resource) -> None:
        there = self.there.get(one.marks)
        if there != one.marks:
            self.town.item(self.person, one.part, kinds, made, one.marks, one.by)
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
