"""The searches and the mix of writes of an independent comparison of FHIR servers, over our invented population.

Source: mock.health, "Same FHIR, Different Answers" (config/queries.yaml: what takes part in the load test), 2026-05.
Its thirty shapes are drawn uniformly, values from what there is; English words stand here as words of our population.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from urllib.parse import quote

from bench import samples
from bench.load import Client, Turn
from bench.population import PROBLEMS, PROCEDURES
from bench.samples import LOCAL, Resource

_TOTAL = "&_total=accurate"
_LOINC = "http://loinc.org|"
SHAPES: tuple[str, ...] = (
    "metadata",
    "Observation?_count=10",
    f"Observation?_count=1{_TOTAL}",
    f"Observation?code={_LOINC}8480-6&_count=1{_TOTAL}",
    f"Observation?combo-code={_LOINC}8480-6&_count=1{_TOTAL}",
    f"Patient?gender=male&_count=5{_TOTAL}",
    "Patient?family=Prøve1&_count=5",
    "Patient?given=Måling1&_count=5",
    "Patient?gender=female&family=Prøve2&_count=5",
    f"Observation?code={_LOINC}8302-2&_count=5{_TOTAL}",
    f"Observation?code={_LOINC}29463-7&_count=5{_TOTAL}",
    f"Observation?code={_LOINC}72514-3&_count=5{_TOTAL}",
    "Observation?date=ge2020-01-01&_count=5",
    "Patient/{patient}",
    "Patient?family={family}&_count=5",
    "Observation?patient=Patient/{patient}&_count=20",
    "Condition?patient=Patient/{patient}",
    "Condition?code={problem}&_count=5",
    "Procedure?code={procedure}&_count=5",
    "Encounter?patient=Patient/{patient}&_count=10",
    "MedicationRequest?patient=Patient/{patient}&_count=10",
    "Encounter?participant=Practitioner/{practitioner}&_count=10",
    "Encounter?location=Location/{location}&_count=10",
    "Patient?_content=Prøve12&_count=5",
    "Observation?_content=blodtrykk&_count=5",
    "Condition?_content=blodtrykk&_count=5",
    "Patient?name:text=røve&_count=5",
    "Patient?address:text=Fjordvik&_count=5",
    "Patient?_text=Prøve12&_count=5",
    "Condition?code:text=blodtrykk&_count=5",
)
MIXED = ("Patient", "Observation", "Condition", "Encounter", "MedicationRequest")


def drawn(people: int, number: int, seed: int) -> Iterator[tuple[str, str]]:
    """Yield so many shapes and the address that each became. people: of whom one is drawn."""
    lot = Random(f"shapes {seed}")
    for _ in range(number):
        shape, n = lot.choice(SHAPES), lot.randrange(people)
        values = {
            "patient": f"bench-{n}", "family": f"Prøve{n % 997}", "problem": f"{LOCAL}|K{lot.randrange(*PROBLEMS)}",
            "procedure": f"{LOCAL}|P{lot.randrange(PROCEDURES)}", "practitioner": f"bp-{n // 50}",
            "location": f"bl-{n // 50}",
        }  # fmt: skip
        yield shape, "/fhir/" + quote(shape.format(**values), safe="/?=&|:,")


class Mix:
    """Creates, reads, updates and deletes, ten, sixty, twenty-five and five of a hundred, over five types.

    Reads go to what was there before; updates and deletes to what this one made itself.
    """

    def __init__(self, people: int, seed: int) -> None:
        self._people = people
        self._drawn = Random(f"mix {seed}")
        self._made: dict[str, list[tuple[str, Resource]]] = {kind: [] for kind in MIXED}
        self._number = 0

    def turns(self, number: int) -> Iterator[Turn]:
        """Yield so many turns of one request each; the first ones make what later ones change."""
        for n in range(number):
            kind = self._drawn.choice(MIXED)
            what = self._drawn.choices(("create", "read", "update", "delete"), (10, 60, 25, 5))[0]
            yield self._turn("create" if n < len(MIXED) * 8 else what, kind)

    def _turn(self, what: str, kind: str) -> Turn:
        async def turn(client: Client) -> int:
            made = self._made[kind]
            if what == "read":
                await client.ask("GET", self._there(kind), expect=200)
            elif what == "create" or not made:
                await self._create(client, kind)
            else:
                path, resource = made.pop(self._drawn.randrange(len(made)))  # nobody else touches it meanwhile
                if what == "delete":
                    await client.ask("DELETE", path, expect=200)
                else:
                    await client.ask("PUT", path, self._text(resource | {"id": path.rpartition("/")[2]}), expect=200)
                    made.append((path, resource))
            return 1

        return turn

    def _there(self, kind: str) -> str:
        n, visit = self._drawn.randrange(self._people), self._drawn.randrange(2)
        ids = {
            "Patient": f"bench-{n}", "Observation": f"bo-{n}-{visit}-{self._drawn.randrange(5)}",
            "Condition": f"bc-{n}-{visit}", "Encounter": f"bv-{n}-{visit}", "MedicationRequest": f"bm-{n}-{visit}",
        }  # fmt: skip
        return f"/fhir/{kind}/{ids[kind]}"

    async def _create(self, client: Client, kind: str) -> None:
        n = self._drawn.randrange(self._people)
        of = {one: f"{one}/b{one[0].lower()}-{n // 50}" for one in ("Practitioner", "Organization", "Location")}
        of |= {"Patient": f"Patient/bench-{n}", "Encounter": f"Encounter/bv-{n}-0"}
        resource = samples.nine(kind, of, n) if kind in samples.NINE else _condition(of, n)
        location, _ = await client.ask("POST", f"/fhir/{kind}", self._text(resource), expect=201)
        self._made[kind].append((location.partition("/_history")[0], resource))

    def _text(self, resource: Resource) -> bytes:
        """Return a body unlike those before it: a server may skip a write that changes nothing."""
        self._number += 1
        told = resource | {"identifier": [{"system": "https://bench.example/mix", "value": f"mix-{self._number}"}]}
        return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _condition(of: dict[str, str], n: int) -> Resource:
    return {
        "resourceType": "Condition", "subject": {"reference": of["Patient"]}, "recordedDate": "2025-03-01",
        "code": samples.coded(f"K{PROBLEMS[0] + n % 29}", "Problem"),
    }  # fmt: skip
