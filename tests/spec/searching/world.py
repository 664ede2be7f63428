"""Builds the invented world in a real office, through the FHIR door, and keeps what then stands there for the oracle."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import httpx

from akson.base.work import Actor
from akson.fhir.bodies import dumps
from akson.record.office import Office
from tests.fhirapi.clients import Api
from tests.offices import JOB, VENDOR, let_pass, staff, unit
from tests.spec.searching.definitions import resource_types
from tests.spec.searching.features import Features
from tests.spec.searching.inventing import THROUGH, Inventor, Planned, concerns_people
from tests.spec.searching.people import BLOCKED, ELSEWHERE, GP, NORD, NURSE, PEOPLE, PRAKSIS, SYSTEM, sees
from tests.spec.searching.terms import load_terms
from tests.spec.searching.values import BASE

NOT_WRITTEN = frozenset({"AuditEvent", "Parameters", "Subscription"})  # the trail, operations, live subscriptions
NOBODYS = frozenset({"List", "Task", "Basic", "DocumentReference", "Communication", "Appointment"})  # may be nobody's
MANY = {"Observation": 60, "Condition": 25, "Encounter": 20, "MedicationRequest": 20, "Patient": 14}
SAME = "same-2"  # the id of one of each type, as where ids come from outside
OPEN, SET = "application/fhir+json", 300


@dataclass(eq=False)
class Held:
    """A resource as it stands. about: the reference of its person; sees: which users may see it."""

    type: str
    id: str
    resource: dict[str, Any]
    sees: frozenset[str]
    found: dict[str, list[Any]] = field(default_factory=dict)  # values by parameter, kept by the oracle

    @property
    def ref(self) -> str:
        return f"{self.type}/{self.id}"


@dataclass
class World:
    """Everything that stands, by type, and the three who ask."""

    api: Api
    clients: Mapping[str, httpx.AsyncClient]
    held: dict[str, list[Held]]
    refused: int = 0  # invented resources that were not valid after all

    def __post_init__(self) -> None:
        self.by_ref = {one.ref: one for kept in self.held.values() for one in kept}

    @property
    def all(self) -> Iterable[Held]:
        return (one for kept in self.held.values() for one in kept)


def decoded(content: bytes | str) -> Any:
    """Return JSON with every number that has a point as Decimal."""
    return json.loads(content, parse_float=Decimal)


async def build(office: Office, *, features: Features, seed: int, size: int = 1, bundles: Sequence[Path] = ()) -> World:
    """Write the world and read it back.

    size     how many resources of each type, roughly 6 each
    bundles  transactions of others' making about people nobody of ours cares for
    """
    api = Api(office)
    await load_terms(office.database)
    units = {key: await unit(office, key) for key in (NORD, PRAKSIS, ELSEWHERE)}
    actors = {
        NURSE: await staff(office, units[NORD], "Yusuf"),
        GP: await staff(office, units[PRAKSIS], "Berg", "fastlege"),
    }
    clients = {user: api.as_(actor) for user, actor in actors.items()} | {SYSTEM: api.as_(VENDOR)}
    writer = _Writer(api.as_(JOB), office)
    for actor in (*units.values(), *actors.values()):
        writer.about |= {actor.unit_id: None} | ({actor.id: None} if actor.id else {})
    planned = plan(Random(seed), size, units)
    inventor = Inventor(Random(seed + 1), features.absolute, planned)
    resources = [_person(inventor, one, units) for one in planned["Patient"]]
    resources += [
        inventor.make(one)
        for kept in planned.values()
        for one in kept
        if one.type != "Patient" and not one.id.startswith("user-")
    ]
    abouts = _abouts(planned, resources)
    rank = {"Patient": 0} | dict.fromkeys(THROUGH, 2)
    for order in range(3):
        await writer.write([one for one in resources if rank.get(one["resourceType"], 1) == order], abouts)
    await writer.write(_episodes(units), dict(_who_in_episodes()))
    let_pass(office, timedelta(days=3, hours=5))
    changed = inventor.random.sample(
        [p for k in planned.values() for p in k if p.ref in writer.names and p.type != "Patient"], 40 * size
    )
    await writer.write([inventor.make(one) for one in changed[10:]], abouts, again=True)
    for one in changed[:10]:
        await writer.remove(one.ref)
    await writer.write(
        [
            _consent("c-whole", "p-gunnar", actor=units[NORD].unit_id),
            _consent("c-part", "p-hilde", data=writer.names[f"DocumentReference/{BLOCKED}"]),
        ],
        {"Consent/c-whole": "p-gunnar", "Consent/c-part": "p-hilde"},
    )
    for path in bundles:
        await writer.take(path)
    return World(api, clients, await writer.held(), writer.refused)


def plan(random: Random, size: int, units: Mapping[str, Actor]) -> dict[str, list[Planned]]:
    """Return what is to be made: some of each type about each sort of person."""
    people = [*PEOPLE, *(f"p-{n}" for n in range(4 * size))]
    planned: dict[str, list[Planned]] = {"Patient": [Planned("Patient", key, f"Patient/{key}") for key in people]}
    for type_ in resource_types():
        if type_ in NOT_WRITTEN or type_ == "Patient":
            continue
        planned[type_] = []
        for n in range(MANY.get(type_, 6) * size):
            whose = random.choice(people) if concerns_people(type_) else None
            if type_ in NOBODYS and random.random() < 0.3:
                whose = None
            key = SAME if n == 2 else f"{type_.lower()[:20]}-{n}"
            planned[type_].append(Planned(type_, key, whose and f"Patient/{whose}"))
    planned["DocumentReference"].append(Planned("DocumentReference", BLOCKED, "Patient/p-hilde"))
    return planned


def _abouts(planned: Mapping[str, Sequence[Planned]], made: Sequence[dict[str, Any]]) -> dict[str, str | None]:
    """Return who each resource is about; nobody, when what should have told it does not exist."""
    abouts = {p.ref: p.about and p.about.partition("/")[2] for kept in planned.values() for p in kept}
    alone = (
        f"{r['resourceType']}/{r['id']}"
        for r in made
        if r["resourceType"] in THROUGH and THROUGH[r["resourceType"]] not in r
    )
    return abouts | dict.fromkeys(alone)


def _person(inventor: Inventor, one: Planned, units: Mapping[str, Actor]) -> dict[str, Any]:
    made = inventor.make(one)
    _, list_of, protection, _ = PEOPLE.get(one.id, ((), None, "", frozenset()))
    if list_of:
        made["generalPractitioner"] = [{"reference": units[list_of].unit_id}]
    if protection:
        made["meta"] = {"security": [{"system": "https://akson.no/fhir/protection", "code": protection}]}
    return made


def _who_in_episodes() -> Iterable[tuple[str, str]]:
    return (
        (f"EpisodeOfCare/e-{person}-{place}", person) for person, (places, *_) in PEOPLE.items() for place in places
    )


def _episodes(units: Mapping[str, Actor]) -> list[dict[str, Any]]:
    return [
        {"resourceType": "EpisodeOfCare", "id": f"e-{person}-{place}", "status": "active",
         "patient": {"reference": f"Patient/{person}"}, "managingOrganization": {"reference": units[place].unit_id}}
        for person, (places, *_) in PEOPLE.items() for place in places
    ]  # fmt: skip


def _consent(id_: str, person: str, *, actor: str = "", data: str = "") -> dict[str, Any]:
    provision: dict[str, Any] = {"type": "deny"}
    if actor:
        provision["actor"] = [{"role": {"text": "enhet"}, "reference": {"reference": actor}}]
    if data:
        provision["data"] = [{"meaning": "instance", "reference": {"reference": data}}]
    return {
        "resourceType": "Consent", "id": id_, "status": "active", "scope": {"text": "sperring"},
        "category": [{"text": "sperring"}], "patient": {"reference": f"Patient/{person}"}, "provision": provision,
        "policyRule": {"text": "pasientjournalloven"},
    }  # fmt: skip


class _Writer:
    """Writes through the FHIR door; a third under ids the server mints, the rest under ids of ours."""

    def __init__(self, client: httpx.AsyncClient, office: Office) -> None:
        self.client, self.office = client, office
        self.names: dict[str, str] = {}  # as planned -> as it stands
        self.about: dict[str, str | None] = {}  # as it stands -> key of the person
        self.refused = 0

    async def write(
        self, resources: Sequence[dict[str, Any]], about: Mapping[str, str | None], *, again: bool = False
    ) -> None:
        waiting = list(resources)
        while waiting:
            refs = {f"{r['resourceType']}/{r['id']}": r for r in waiting}
            minted = {ref: _urn(r) for ref, r in refs.items() if _minted(r) and ref not in self.names}
            entries = [self._entry(ref, one, minted) for ref, one in refs.items()]
            bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
            answer = await self.client.post("", content=dumps(bundle))
            if answer.status_code == 200:
                break
            waiting = self._without_faulty(waiting, answer)
        for one, entry in zip(waiting, answer.json()["entry"] if waiting else [], strict=True):
            planned = f"{one['resourceType']}/{one['id']}"
            self.names[planned] = "/".join(entry["response"]["location"].split("/")[-4:-2])
            self.about[self.names[planned]] = about[planned]

    def _without_faulty(self, waiting: list[dict[str, Any]], answer: httpx.Response) -> list[dict[str, Any]]:
        """Leave out what is not valid: rules that no StructureDefinition tells."""
        issues = answer.json()["issue"]
        bad = {
            int(found[1])
            for i in issues
            if (found := re.match(r"Bundle\.entry\[(\d+)\]", i.get("expression", [""])[0]))
        }
        if not bad:
            raise AssertionError(answer.text[:2000])
        self.refused += len(bad)
        return [one for n, one in enumerate(waiting) if n not in bad]

    def _entry(self, ref: str, one: dict[str, Any], minted: Mapping[str, str]) -> dict[str, Any]:
        sent = _named(one, self.names | minted)
        place = self.names.get(ref, ref)
        if ref in minted:
            sent.pop("id")
            return {"fullUrl": minted[ref], "resource": sent, "request": {"method": "POST", "url": one["resourceType"]}}
        sent["id"] = place.partition("/")[2]
        return {"fullUrl": f"{BASE}/{place}", "resource": sent, "request": {"method": "PUT", "url": place}}

    async def remove(self, planned: str) -> None:
        answer = await self.client.delete(self.names[planned])
        assert answer.status_code in (200, 204), answer.text
        del self.about[self.names.pop(planned)]

    async def take(self, path: Path) -> None:
        """Load a transaction of somebody else's."""
        answer = await self.client.post("", content=path.read_bytes())
        assert answer.status_code == 200, answer.text[:1000]
        for entry in answer.json()["entry"]:
            ref = "/".join(entry["response"]["location"].split("/")[-4:-2])
            self.about[ref] = None if ref.split("/")[0] in ("Organization", "Practitioner") else "somebody"

    async def held(self) -> dict[str, list[Held]]:
        """Read everything back, also what the office was opened with."""
        held: dict[str, list[Held]] = {}
        for ref, about in self.about.items():
            answer = await self.client.get(ref)
            assert answer.status_code == 200, (ref, answer.text)
            held.setdefault(ref.partition("/")[0], []).append(seen(decoded(answer.content), about))
        return held


def seen(resource: dict[str, Any], about: str | None) -> Held:
    type_, id_ = resource["resourceType"], resource["id"]
    whose = id_ if type_ == "Patient" else str(about)
    if PEOPLE.get(whose, ((), None, "", frozenset()))[2] and _tells_where(resource):
        resource = _without_addresses({name: value for name, value in resource.items() if name != "text"})
    users = frozenset(u for u in (NURSE, GP, SYSTEM) if sees(u, type_, id_, about))
    return Held(type_, id_, resource, users)


def _without_addresses(value: Any) -> Any:
    """Return a resource as the three are told it when its addresses are protected."""
    if isinstance(value, list):
        return [_without_addresses(one) for one in value]
    if not isinstance(value, dict):
        return value
    reason = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
    hidden = {"extension": [{"url": reason, "valueCode": "masked"}]}
    told = {"address": lambda given: [hidden] if isinstance(given, list) else hidden}
    return {name: told.get(name, _without_addresses)(inner) for name, inner in value.items() if name != "telecom"}


def _tells_where(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_tells_where, value))
    return isinstance(value, dict) and (bool({"address", "telecom"} & value.keys()) or _tells_where([*value.values()]))


def _minted(one: Mapping[str, Any]) -> bool:
    return bool(one["id"][-1:] in "147")


def _urn(one: Mapping[str, Any]) -> str:
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, one['resourceType'] + one['id'])}"


def _named(value: Any, names: Mapping[str, str]) -> Any:
    """Return the resource with references as they are to be sent."""
    if isinstance(value, dict):
        return {
            k: names.get(v, v) if k == "reference" and isinstance(v, str) else _named(v, names)
            for k, v in value.items()
        }
    return [_named(v, names) for v in value] if isinstance(value, list) else value
