"""A token for a part of a type, of one record, gives that part by no way more: every interaction that the server has.

The same requests are first made with a token that holds everything, which must see what the others must not.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from akson.base.work import Actor, Kind, Purpose
from akson.record import journal
from akson.record.office import Office
from akson.record.stored import Stored
from tests.fhirapi.clients import Api, transaction
from tests.fhirapi.test_export import exported, fetched, manifest
from tests.offices import JOB, VENDOR, citizen, let_pass, patient, staff, temperature, unit

CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
VITALS = f"?category={CATEGORY}|vital-signs"
HIDDEN, OPEN = "kanarifugl synger", "blaameis synger"  # in the notes of what must not be seen, and of what may
NDJSON = {"content-type": "application/fhir+ndjson"}
BESIDE = ("DiagnosticReport.rs", "Patient.rs")  # what else a token gives, so that there are ways round


@dataclass(frozen=True)
class Record:
    """A record with a vital sign, a laboratory answer, one that was each before it became the other, and a report."""

    person: Stored
    vital: Stored
    lab: Stored
    became_vital: Stored
    became_lab: Stored
    chosen: Stored  # a laboratory answer under an id that a client chose
    report: Stored

    @property
    def closed(self) -> tuple[Stored, ...]:
        """What stands outside the part now."""
        return self.lab, self.became_lab, self.chosen


def observation(person: Stored, category: str, value: str = "38.40") -> dict[str, Any]:
    note = OPEN if category == "vital-signs" else HIDDEN
    made: dict[str, Any] = json.loads(temperature(person, value).replace(b"vital-signs", category.encode()))
    return made | {"note": [{"text": note}]}


@pytest.fixture
async def nurse(office: Office) -> Actor:
    return await staff(office, await unit(office, "Nordre hjemmetjeneste"), "Strand")


@pytest.fixture
async def record(office: Office, nurse: Actor) -> Record:
    person = await patient(office, at=nurse)
    async with office.work(JOB, Purpose.SYSTEM) as work:
        vital, lab, became_vital, became_lab = [
            await journal.create(work, observation(person, category))
            for category in ("vital-signs", "laboratory", "laboratory", "vital-signs")
        ]
        chosen = observation(person, "laboratory") | {"id": "valgt-id"}
        chosen_ = await journal.update(work, chosen, id_="valgt-id")
        report = await journal.create(work, {
            "resourceType": "DiagnosticReport", "status": "final", "code": {"text": "Samlet"},
            "subject": {"reference": person.reference},
            "result": [{"reference": one.reference} for one in (vital, lab, became_vital, became_lab)],
        })  # fmt: skip
    async with office.work(JOB, Purpose.SYSTEM) as work:
        for one, category in ((became_vital, "vital-signs"), (became_lab, "laboratory")):
            await journal.update(work, observation(person, category) | {"id": one.id}, id_=one.id)
    let_pass(office, timedelta(seconds=5))
    return Record(person, vital, lab, became_vital, became_lab, chosen_, report)


KINDS = {
    "staff by user/": (False, "user"),
    "staff by patient/": (False, "patient"),
    "the citizen by patient/": (True, "patient"),
    "a program by system/": (None, "system"),
}


@pytest.fixture(params=KINDS)
def who(request: pytest.FixtureRequest, nurse: Actor, record: Record) -> tuple[Actor, str]:
    """Somebody who may see the whole record, and the context their scopes are of."""
    as_citizen, context = KINDS[request.param]
    actor = VENDOR if as_citizen is None else citizen(record.person) if as_citizen else nurse
    return replace(actor, scopes=frozenset(), context=record.person.owner if context == "patient" else 0), context


def holding(who: tuple[Actor, str], letters: str, *more: str) -> Actor:
    actor, context = who
    return replace(actor, scopes=frozenset({f"{context}/{one}" for one in (f"Observation.{letters}{VITALS}", *more)}))


@pytest.fixture
async def whole(api: Api, who: tuple[Actor, str]) -> AsyncIterator[httpx.AsyncClient]:
    yield api.as_(replace(who[0], scopes=frozenset({f"{who[1]}/*.cruds"})))


@pytest.fixture
async def part(api: Api, who: tuple[Actor, str]) -> AsyncIterator[httpx.AsyncClient]:
    yield api.as_(holding(who, "rs", *BESIDE))


def readings(record: Record) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every address that shows what the token does not give, to one who may see everything; and what is sent."""
    person = record.person
    for one in record.closed:
        yield one.reference, {}
        yield f"{one.reference}/_history", {}
        yield f"Observation?_id={one.id}", {}
    yield f"{record.became_vital.reference}/_history/1", {}
    yield f"{record.became_vital.reference}/_history", {}
    yield f"{record.became_lab.reference}/_history/2", {}
    for address in (
        "Observation/_history",
        "_history",
        "_history?_count=3",
        "Observation/_history?_since=2020-01-01T00:00:00Z",
    ):
        yield address, {}
    for asked in ("", "_sort=date", "_sort=-date", "_sort=code", "_count=1000", "_content=kanarifugl", "code=8310-5",
                  "category=laboratory", "category:not=vital-signs", f"patient={person.id}", "_lastUpdated=gt2020",
                  f"subject:Patient._id={person.id}", "_has:DiagnosticReport:result:status=final", "value-quantity=38.4",
                  "combo-code-value-quantity=8310-5$38.4", "_include=*", "_summary=data", "_elements=note",
                  "_include=Observation:subject&_revinclude=DiagnosticReport:result"):  # fmt: skip
        yield f"Observation?{asked}", {}
    yield "Observation/_search", {"data": {"code": "8310-5"}}
    yield "_search", {"data": {"_type": "Observation"}}
    yield "?_type=Observation,DiagnosticReport", {}
    for kind in ("Observation", "*"):
        yield f"{person.reference}/{kind}", {}
    for asked in ("_include=DiagnosticReport:result", "_include=*", "_include:iterate=*&_revinclude:iterate=*"):
        yield f"DiagnosticReport?{asked}", {}
    for asked in ("_revinclude=Observation:subject", "_revinclude=*", "_revinclude:iterate=Observation:patient",
                  "_revinclude=DiagnosticReport:subject&_include:iterate=DiagnosticReport:result"):  # fmt: skip
        yield f"Patient?{asked}", {}
    for asked in ("", "?_type=Observation", "?_count=1000", "?_since=2020-01-01T00:00:00Z"):
        yield f"{person.reference}/$everything{asked}", {}


@dataclass
class Told:
    """An answer with all its pages."""

    status: int
    text: str
    urls: set[str]


async def asked(client: httpx.AsyncClient, address: str, more: dict[str, Any]) -> Told:
    """Ask, and go on through all pages."""
    headers = {"content-type": "application/x-www-form-urlencoded"} if "data" in more else {}
    answer = await client.request("POST" if more else "GET", address, headers=headers, **more)
    told = Told(answer.status_code, "", set())
    while True:
        page = answer.json()
        told.text += answer.text
        told.urls |= {one.get("fullUrl", "").partition("/fhir/")[2] for one in page.get("entry", [])}
        following = [one["url"] for one in page.get("link", []) if one["relation"] == "next"]
        if not following:
            return told
        answer = await client.get(following[0])


async def test_no_way_of_reading_shows_more_than_the_part(
    whole: httpx.AsyncClient, part: httpx.AsyncClient, record: Record
) -> None:
    for address, more in readings(record):
        full = await asked(whole, address, more)
        assert full.status == 200 and HIDDEN in full.text, (address, full.text[:400])  # it is the right question
        narrow = await asked(part, address, more)
        assert HIDDEN not in narrow.text, address
        assert narrow.status in (200, 403, 404), (address, narrow.text[:400])
        closed = record.closed if "_history" not in address else (record.lab, record.chosen)  # versions are each judged
        assert not {one.reference for one in closed} & narrow.urls, address


async def test_a_bundle_of_questions_shows_no_more_than_the_questions(
    whole: httpx.AsyncClient, part: httpx.AsyncClient, record: Record
) -> None:
    questions = [{"request": {"method": "GET", "url": address}} for address, more in readings(record) if not more]
    shown = (await whole.post("", content=transaction(*questions, kind="batch"))).json()["entry"]
    assert all(HIDDEN in json.dumps(one) or "next" in json.dumps(one["resource"]["link"]) for one in shown)
    told = await part.post("", content=transaction(*questions, kind="batch"))
    assert told.status_code == 200 and HIDDEN not in told.text and OPEN in told.text
    for question in questions:  # each alone, as one that hits nothing spoils a transaction
        told = await part.post("", content=transaction(question))
        assert HIDDEN not in told.text, question


async def test_what_is_outside_the_part_is_answered_as_what_is_not_there(
    api: Api, part: httpx.AsyncClient, record: Record
) -> None:
    nothing = api.office.ids.mint(record.person.owner)
    for one, other in ((record.lab.id, nothing), ("valgt-id", "ikke-her")):
        for address in ("Observation/{}", "Observation/{}/_history", "Observation/{}/_history/1", "Observation?_id={}",
                        "Observation?_id={}&_total=accurate", "Observation/{}/$everything"):  # fmt: skip
            for method in ("GET", "HEAD"):
                hidden, unknown = [await part.request(method, address.format(id_)) for id_ in (one, other)]
                assert hidden.status_code == unknown.status_code, address
                assert _levelled(hidden, one) == _levelled(unknown, other), address


def _levelled(answer: httpx.Response, id_: str) -> str:
    told = (answer.json() if answer.content else {}) | {"id": "", "meta": {}, "timestamp": ""}
    return json.dumps(told).replace(id_, "ID")


async def test_counts_are_of_the_part(whole: httpx.AsyncClient, part: httpx.AsyncClient, record: Record) -> None:
    for address in (
        "Observation?_total=accurate",
        "Observation?_summary=count",
        "Observation?_total=accurate&_count=1",
    ):
        assert [(await one.get(address)).json()["total"] for one in (whole, part)] == [5, 2], address
    for chain, expected in (("result.category=laboratory", [1, 0]), ("result.category=vital-signs", [1, 1])):
        found = [(await one.get(f"DiagnosticReport?{chain}&_total=accurate")).json()["total"] for one in (whole, part)]
        assert found == expected, chain
    for kind, expected in (("laboratory", [1, 0]), ("vital-signs", [1, 1])):
        address = f"Patient?_has:Observation:patient:category={kind}&_id={record.person.id}&_total=accurate"
        assert [(await one.get(address)).json()["total"] for one in (whole, part)] == expected, kind


async def test_the_next_page_of_somebody_with_more_shows_no_more(
    whole: httpx.AsyncClient, part: httpx.AsyncClient, record: Record
) -> None:
    for address in (
        "Observation?_count=1",
        "Observation/_history?_count=1",
        f"{record.person.reference}/$everything?_count=1",
    ):
        following = (await whole.get(address)).json()
        while links := [one["url"] for one in following["link"] if one["relation"] == "next"]:
            assert HIDDEN not in (await part.get(links[0])).text, address
            following = (await whole.get(links[0])).json()


PATCHES: list[tuple[str, Any]] = [
    ("application/json-patch+json", [{"op": "replace", "path": "/status", "value": "amended"}]),
    ("application/json-patch+json", [{"op": "test", "path": "/status", "value": "tull"}]),
    ("application/fhir+json", {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": [
        {"name": "type", "valueCode": "replace"}, {"name": "path", "valueString": "Observation.status"},
        {"name": "value", "valueCode": "amended"}]}]}),
]  # fmt: skip


async def test_no_way_of_writing_reaches_what_is_outside_the_part(
    api: Api, who: tuple[Actor, str], record: Record
) -> None:
    writer, all_of_it = api.as_(holding(who, "cruds", *BESIDE)), api.as_(VENDOR)
    before = {one.reference: (await all_of_it.get(one.reference)).text for one in record.closed}
    for one in record.closed:
        body = json.dumps(observation(record.person, "vital-signs") | {"id": one.id})
        for address in (one.reference, f"Observation?_id={one.id}"):
            answers = [
                await writer.patch(address, content=json.dumps(patch), headers={"content-type": media})
                for media, patch in PATCHES
            ]
            answers += [await writer.delete(address), await writer.put(one.reference, content=body)]
            for answer in answers:
                assert answer.status_code in (403, 404, 409) or ("?" in address and answer.request.method == "DELETE")
                assert HIDDEN not in answer.text
        for method, more in (("PUT", {"resource": json.loads(body)}), ("DELETE", {})):
            for kind in ("batch", "transaction"):
                entry: dict[str, Any] = {"request": {"method": method, "url": one.reference}, **more}
                assert HIDDEN not in (await writer.post("", content=transaction(entry, kind=kind))).text
        answer = await writer.post(f"{one.reference}/$validate", content=body)
        assert HIDDEN not in answer.text
    assert before == {one.reference: (await all_of_it.get(one.reference)).text for one in record.closed}


async def test_nothing_is_taken_out_of_the_part_or_made_outside_it(
    api: Api, who: tuple[Actor, str], record: Record
) -> None:
    writer, lab = api.as_(holding(who, "cruds", *BESIDE)), observation(record.person, "laboratory")
    out = [{"op": "replace", "path": "/category/0/coding/0/code", "value": "laboratory"}]
    media = {"content-type": "application/json-patch+json"}
    asked_ = [
        await writer.patch(record.vital.reference, content=json.dumps(out), headers=media),
        await writer.put(record.vital.reference, content=json.dumps(lab | {"id": record.vital.id})),
        await writer.put(f"Observation?_id={record.vital.id}", content=json.dumps(lab)),
        await writer.post("Observation", content=json.dumps(lab)),
        await writer.put("Observation/ny-id", content=json.dumps(lab | {"id": "ny-id"})),
    ]
    assert {one.status_code for one in asked_} <= {403, 404, 422}, [one.text for one in asked_]
    for kind in ("batch", "transaction"):
        entry = {"resource": lab, "request": {"method": "POST", "url": "Observation"}}
        assert '"201' not in (await writer.post("", content=transaction(entry, kind=kind))).text
    found = await api.as_(VENDOR).get("Observation?category=laboratory&_summary=count")
    assert found.json()["total"] == len(record.closed)


async def test_a_condition_meets_only_what_the_token_gives(api: Api, who: tuple[Actor, str], record: Record) -> None:
    writer = api.as_(holding(who, "cruds", *BESIDE))
    vital = json.dumps(observation(record.person, "vital-signs"))
    made = await writer.post("Observation", content=vital, headers={"if-none-exist": f"_id={record.lab.id}"})
    assert made.status_code == 201  # as if there were none
    met = await writer.post("Observation", content=vital, headers={"if-none-exist": f"_id={record.vital.id}"})
    assert met.status_code == 200 and HIDDEN not in met.text
    changed = await writer.put(f"Observation?_id={record.lab.id},{record.vital.id}", content=vital)
    if who[0].kind is Kind.CITIZEN:  # who may not change what others wrote
        assert changed.status_code == 404
    else:
        assert changed.status_code == 200 and changed.json()["id"] == record.vital.id  # one of the two, not several
    for letters in ("cu", "cru"):
        blind = api.as_(holding(who, letters, *BESIDE))
        answer = await blind.put(f"Observation?_id={record.vital.id}", content=vital)
        assert answer.status_code == 403, letters


async def test_a_key_that_was_used_with_more_opens_no_more(api: Api, who: tuple[Actor, str], record: Record) -> None:
    actor, context = who
    body = json.dumps(observation(record.person, "laboratory"))
    key = {"idempotency-key": "k1"}
    wide = api.as_(replace(actor, scopes=frozenset({f"{context}/*.cruds"})))
    assert (await wide.post("Observation", content=body, headers=key)).status_code == 201
    again = await wide.post("Observation", content=body, headers=key)
    assert again.status_code == 201 and HIDDEN in again.text and "idempotency-replayed" in again.headers
    narrow = await api.as_(holding(who, "cruds")).post("Observation", content=body, headers=key)
    assert HIDDEN not in narrow.text


async def test_an_export_holds_only_the_part(api: Api, who: tuple[Actor, str], record: Record) -> None:
    actor, context = who
    wide = api.as_(replace(actor, scopes=frozenset({f"{context}/*.rs"})))
    narrow = api.as_(holding(who, "rs", *BESIDE))
    for path in ("$export", "Patient/$export", "$export?_since=2020-01-01T00:00:00Z"):
        full, found = await exported(wide, path), await exported(narrow, path)
        assert {one["id"] for one in full["Observation"]} >= {one.id for one in record.closed}
        assert {one["id"] for one in found["Observation"]} == {record.vital.id, record.became_vital.id}, path
        assert HIDDEN not in json.dumps(found)
    begun = await wide.get("$export", headers={"prefer": "respond-async"})
    files = (await manifest(wide, begun.headers["content-location"]))["output"]
    for one in files:  # the job of the same person, fetched with less
        if one["type"] == "Observation":
            assert HIDDEN not in json.dumps(await fetched(narrow, one["url"]))
        elif one["type"] not in ("Patient", "DiagnosticReport"):
            answer = await narrow.get(one["url"])
            assert answer.status_code in (403, 404) or not answer.content, one


async def test_a_deletion_outside_the_part_is_not_told_of(api: Api, who: tuple[Actor, str], record: Record) -> None:
    since = (api.office.clock() - timedelta(seconds=1)).isoformat().replace("+00:00", "Z")
    for one in (record.vital, record.lab):
        assert (await api.as_(VENDOR).delete(one.reference)).status_code in (200, 204)
    let_pass(api.office, timedelta(seconds=5))
    narrow = api.as_(holding(who, "rs", *BESIDE))
    told = json.dumps(await exported(narrow, f"$export?_since={since}"))
    assert record.lab.id not in told
    for address in ("Observation/_history", "_history"):
        assert record.lab.reference not in (await asked(narrow, address, {})).urls, address
    hidden = await narrow.get(record.lab.reference)
    assert hidden.status_code == 404  # not 410: it was never seen


async def test_an_import_writes_only_the_part(api: Api, who: tuple[Actor, str], record: Record) -> None:
    writer = api.as_(holding(who, "cruds", *BESIDE))
    before = {one.reference: (await api.as_(VENDOR).get(one.reference)).text for one in record.closed}
    vital, lab = [observation(record.person, one) for one in ("vital-signs", "laboratory")]
    lines = [vital, lab, vital | {"id": record.lab.id}, lab | {"id": record.vital.id}, vital | {"id": "valgt-id"}]
    body = b"\n".join(json.dumps(one).encode() for one in lines)
    for address in ("$import?onFault=refuse", "$import"):
        answer = await writer.post(address, content=body, headers=NDJSON)
        assert answer.status_code in (200, 403, 422) and HIDDEN not in answer.text
    if answer.status_code == 200:
        assert "5 lines: 1 written, 4 refused" in answer.text
    assert before == {one.reference: (await api.as_(VENDOR).get(one.reference)).text for one in record.closed}
    assert (await api.as_(VENDOR).get(record.vital.reference)).json()["meta"]["versionId"] == "1"


async def test_a_type_that_the_token_does_not_give_is_passed_through_by_no_question(
    api: Api, who: tuple[Actor, str], record: Record
) -> None:
    actor, context = who
    client = api.as_(replace(actor, scopes=frozenset({f"{context}/Patient.rs", f"{context}/DiagnosticReport.rs"})))
    other = api.as_(replace(actor, scopes=frozenset({f"{context}/DiagnosticReport.rs"})))
    person = f"_id={record.person.id}"
    for asks, hits, misses in (
        (client, f"Patient?{person}&_has:Observation:patient:code=8310-5", f"Patient?{person}&_has:Observation:patient:code=0"),
        (client, "DiagnosticReport?result.code=8310-5", "DiagnosticReport?result.code=0"),
        (client, "DiagnosticReport?result:Observation.status=final", "DiagnosticReport?result:Observation.status=x"),
        (other, "DiagnosticReport?subject:Patient.family=Nordli", "DiagnosticReport?subject:Patient.family=Berg"),
        (other, "DiagnosticReport?patient.birthdate=1941-03-14", "DiagnosticReport?patient.birthdate=1942"),
        (other, "DiagnosticReport?patient._has:Observation:patient:code=8310-5", "DiagnosticReport?patient._has:Observation:patient:code=0"),
    ):  # fmt: skip
        told = [await asks.get(f"{address}&_total=accurate") for address in (hits, misses)]
        assert len({(one.status_code, one.json().get("total")) for one in told}) == 1, (hits, told[0].text[:300])
        assert "entry" not in told[0].json() or record.report.id not in told[0].text, hits
    for address in (f"Patient?{person}&_revinclude=Observation:patient", "DiagnosticReport?_include=DiagnosticReport:result",
                    f"{record.person.reference}/$everything", f"{record.person.reference}/*", "_history", "?_type=Observation"):  # fmt: skip
        assert "valueQuantity" not in (await asked(client, address, {})).text, address
