"""One more block, or one tie less, never shows more: what somebody gets of a record before and after, in marks.

Blocks are generated of everything that a Consent can say: for whom, of what, in which time, past emergencies or not.
"""

from __future__ import annotations

import random
from typing import Any, Final

from akson.base.work import Purpose
from akson.record import journal
from tests.fhirapi.clients import Api
from tests.leaks.lives import whom
from tests.leaks.marks import FOUND
from tests.leaks.sees import ASKERS, Asker, sees
from tests.leaks.village import UNITS, Item, Village
from tests.offices import JOB

Resource = dict[str, Any]
_ENDED: Final = {"EpisodeOfCare": "finished", "CareTeam": "inactive", "Encounter": "finished", "ServiceRequest": "revoked",
                 "Task": "completed", "Appointment": "cancelled"}  # fmt: skip


class NeverMore:
    """Changes that only take away, in an order that a seed gives."""

    def __init__(self, village: Village, api: Api, seed: int) -> None:
        self.village, self.api, self.random = village, api, random.Random(seed)

    async def change(self) -> str | None:
        """Close or end something in a record that somebody sees; return what is seen only afterwards."""
        asker, person = self.random.choice(self._seen())
        before = await self.marks(asker, person)
        what = await (self._close(person) if self.random.random() < 0.7 else self._end(person))
        more = await self.marks(asker, person) - before
        return f"{asker.name} sees {sorted(more)} of {person} after {what}" if more else None

    def _seen(self) -> list[tuple[Asker, str]]:
        asker = self.random.choice(ASKERS)
        found = {one.person for one in self.village.items if sees(asker, one.person, one.part, one.kinds)}
        return [(asker, person) for person in sorted(found)] or self._seen()

    async def marks(self, asker: Asker, person: str) -> set[str]:
        """Return every mark that somebody gets of a record, as a whole and by searches."""
        client, patient = self.api.as_(self.village.actors[asker.name]), self.village.id(f"Patient/{person}")
        found: set[str] = set()
        for question in (f"Patient/{patient}/$everything?_count=500", f"Patient/{patient}/*?_count=500",
                         f"DocumentReference?subject={patient}", f"Observation?patient={patient}&_include=*"):  # fmt: skip
            told = (await client.get(question)).text
            found |= {mark for mark in FOUND.findall(told) if mark in self.village.marks}
        return found

    async def _close(self, person: str) -> str:
        provision = {"type": "deny", **self._readers(), **self._parts(person)}
        policy = (
            [{"system": "https://akson.no/fhir/block", "code": "even-emergency"}] if self.random.random() < 0.2 else []
        )
        said = {"resourceType": "Consent", "status": "active", "category": [{"text": "sperring"}],
                "patient": {"reference": self.village.names[f"Patient/{person}"]},
                "scope": {"coding": [{"code": "patient-privacy"}]},
                "policyRule": {"coding": [{"code": "OPTOUT"}, *policy]}, "provision": provision}  # fmt: skip
        async with self.village.office.work(JOB, Purpose.SYSTEM) as work:
            await journal.create(work, said)
        return f"a block {provision}"

    def _readers(self) -> Resource:
        names, chosen = self.village.names, self.random
        asker = chosen.choice([one for one in ASKERS if one.kind == "staff"])
        return chosen.choice([
            {}, {"actor": [whom(names[f"Organization/{chosen.choice(sorted(UNITS))}"])]},
            {"actor": [whom(names[f"Practitioner/{asker.name}"])]},
            {"actor": [{"role": {"coding": [{"code": asker.role}]}, "reference": {"display": asker.role}}]},
        ])  # fmt: skip

    def _parts(self, person: str) -> Resource:
        item = self.random.choice(self._items(person))
        author = self.village.names[f"Organization/{self.random.choice(sorted(UNITS))}"]
        return self.random.choice([
            {}, {"data": [{"meaning": "instance", "reference": {"reference": item.ref}}]},
            {"dataPeriod": {"start": f"202{self.random.randint(3, 7)}-01-01"}},
            {"data": [{"meaning": "authoredby", "reference": {"reference": author}}]},
            {"securityLabel": [{"system": "https://akson.no/fhir/marks", "code": "R"}]},
            {"period": {"start": "2026-01-01", "end": f"202{self.random.randint(6, 8)}-06-01"}},
        ])  # fmt: skip

    async def _end(self, person: str) -> str:
        """End a tie, if there is one."""
        ties = [one for one in self._items(person) if one.resource["resourceType"] in _ENDED and one.part == "plain"]
        for item in ties[:1]:
            type_ = item.resource["resourceType"]
            async with self.village.office.work(JOB, Purpose.SYSTEM) as work:
                await journal.update(work, item.resource | {"status": _ENDED[type_]}, id_=item.resource["id"])
        return "a tie that ended"

    def _items(self, person: str) -> list[Item]:
        return [
            one
            for one in self.village.items
            if one.person == person and one.part not in ("address", "name", "case", "place")
        ]
