"""What is hidden makes no difference, what is withdrawn is gone at once, and a block never shows more.

The 5,000 pairs are `python -m tests.conformance interference`; here are some of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from akson.base.postgres import Postgres
from akson.base.work import Purpose
from akson.record import journal
from tests.conftest import administer
from tests.fhirapi.clients import Api
from tests.leaks.faults import BY_NAME
from tests.leaks.lives import whom
from tests.leaks.marks import FOUND
from tests.leaks.never_more import NeverMore
from tests.leaks.pages import Pages, has_pages
from tests.leaks.pair_faults import PAIR_FAULTS
from tests.leaks.pairs import Change, Pairs
from tests.leaks.sees import ASKERS
from tests.leaks.village import Village, build
from tests.offices import JOB, NOW, Clock, opened_office

DATABASE = "village_of_pairs"
PAIRS = 30
NAMED = {one.name: one for one in ASKERS}
Resource = dict[str, Any]


@pytest.fixture(scope="module")
def built(postgres: Postgres, template: str) -> Iterator[Village]:
    async def made() -> Village:
        await administer(postgres, f"CREATE DATABASE {DATABASE}_0 TEMPLATE {template} STRATEGY file_copy")
        async with opened_office(postgres.url_of(f"{DATABASE}_0")) as office:
            return await build(office, others=1)

    yield asyncio.run(made())
    asyncio.run(administer(postgres, f"DROP DATABASE {DATABASE}_0 WITH (FORCE)"))


@pytest.fixture
async def village(postgres: Postgres, built: Village) -> AsyncIterator[Village]:
    """A copy of the village for each test: here it changes."""
    await administer(postgres, f"CREATE DATABASE {DATABASE} TEMPLATE {DATABASE}_0 STRATEGY file_copy")
    async with opened_office(postgres.url_of(DATABASE)) as office:
        yield replace(built, office=office)
    await administer(postgres, f"DROP DATABASE {DATABASE} WITH (FORCE)")


@pytest.fixture
async def api(village: Village) -> AsyncIterator[Api]:
    made = Api(village.office)
    yield made
    await made.close()


async def test_what_is_hidden_makes_no_difference_to_any_answer(village: Village, api: Api) -> None:
    pairs = Pairs(village, api, seed=1)
    differing = [told for _ in range(PAIRS) if (told := await pairs.pair())]
    assert differing == []
    assert pairs.answers["page 200"] > PAIRS / 2


@pytest.mark.parametrize("fault", ["hits are counted first", "searches look in every record of the circle",
                                   "the role is not asked"])  # fmt: skip
async def test_a_difference_is_seen_where_access_is_broken(village: Village, api: Api, fault: str) -> None:
    with BY_NAME[fault].seeded():
        pairs = Pairs(village, api, seed=2)
        for _ in range(4 * PAIRS):
            if await pairs.pair():
                return
    pytest.fail("no pair differed")


async def test_pages_that_tell_of_what_is_hidden_are_seen_to_differ(village: Village, api: Api) -> None:
    """By a number, an order, a total, or by showing it; the same pair is alike where nothing is broken."""
    pairs, found = Pairs(village, api, seed=3), list[tuple[str, bool, bool]]()
    for one in PAIR_FAULTS:
        asker, person = NAMED[one.fault.asker], one.fault.person
        item = next(i for i in village.items if i.person == person and one.kind in i.kinds and i.part == one.part)
        change, asked = Change(what="one more", item=item), [one.page.format(patient=item.patient[0])]
        with one.fault.seeded():
            seen = await pairs.differs(asker, change, asked) is not None
        found.append((one.fault.name, seen, await pairs.differs(asker, change, asked) is None))
    assert found == [(one.fault.name, True, True) for one in PAIR_FAULTS]
    assert pairs.answers == {"page 200": 2 * len(PAIR_FAULTS) - 1, "page 403": 1}


# who loses it -> whose record, and what is written of whom it is about (type, members), or how much time passes
WITHDRAWN: list[tuple[str, str, tuple[str, Resource] | timedelta]] = [
    ("sykepleier in nord", "served", ("EpisodeOfCare", {"status": "finished"})),
    ("sykepleier in nord", "in a team", ("CareTeam", {"status": "inactive"})),
    ("sykepleier in sentrum", "to be met this week", ("Appointment", {"status": "cancelled"})),
    ("sykepleier in nord", "admitted", ("Encounter", {"status": "finished"})),
    ("sykepleier in nord", "referred", ("ServiceRequest", {"status": "revoked"})),
    ("sykepleier in nord", "assigned", ("Task", {"status": "completed"})),
    ("the GP", "on the GP's list", ("Patient", {"generalPractitioner": []})),
    ("the daughter", "acted for", ("RelatedPerson", {"active": False})),
    ("the guardian", "under guardianship", ("Patient", {"deceasedBoolean": True})),
    ("the mother", "a child of one parent", ("Patient", {"deceasedBoolean": True})),
    ("the husband", "the husband", ("Patient", {"deceasedBoolean": True})),
    ("the mother", "a child of 6", ("RelatedPerson", {"active": False})),
    ("a program", "served", ("Patient", {"kode6": True})),
    ("a nurse of another organisation", "served by both", ("Consent", {"unit": "fjell"})),
    ("sykepleier in nord", "served by both", ("Consent", {"unit": "fjordvik"})),
    ("Berit", "in a team", ("Consent", {"person": "Berit"})),
    ("who opens with a reason", "opened with a reason", timedelta(hours=9)),
    ("who opens in an emergency", "opened in an emergency", timedelta(minutes=61)),
]


@pytest.mark.parametrize(("who", "person", "how"), WITHDRAWN, ids=[f"{who}, {of}" for who, of, _ in WITHDRAWN])
async def test_what_is_withdrawn_is_gone_in_the_next_request(
    village: Village, api: Api, who: str, person: str, how: tuple[str, Resource] | timedelta
) -> None:
    client, patient = api.as_(village.actors[who]), village.id(f"Patient/{person}")
    page = f"/min/journal?person={patient}" if NAMED[who].kind == "citizen" else f"/p/{patient}"
    one = next(one for one in village.items if one.person == person and "vital" in one.kinds)
    assert one.word in (await client.get(one.ref)).text
    first = (await client.get(f"Patient/{patient}/*?_count=1")).json()
    following = next(link["url"] for link in first["link"] if link["relation"] == "next")
    browser, has = Pages(village).client(NAMED[who]), has_pages(NAMED[who])
    assert not has or (await browser.get(page)).status_code == 200
    await _withdraw(village, person, how)
    assert not has or (await browser.get(page)).status_code in (403, 404)
    assert (await client.get(one.ref)).status_code == 404
    asked = (following, f"Observation?patient={patient}", f"Observation?code={one.word}", "Observation?_count=1000",
             "_history?_count=200", f"Patient/{patient}/$everything", f"{one.ref}/_history", f"{one.ref}/_history/1")  # fmt: skip
    for question in asked:
        told = (await client.get(question)).text
        found = {
            village.marks[mark].person for mark in FOUND.findall(told) if mark in village.marks and mark not in question
        }
        assert person not in found, question


async def _withdraw(village: Village, person: str, how: tuple[str, Resource] | timedelta) -> None:
    """Write it as one of our own jobs, or let the time pass."""
    clock = village.office.clock
    assert isinstance(clock, Clock)
    if isinstance(how, timedelta):
        clock.now = NOW + how
        return
    type_, said = how
    if type_ == "Consent":
        named = f"Organization/{said['unit']}" if "unit" in said else f"Practitioner/{said['person']}"
        await _close(village, person, {"actor": [whom(village.names[named])]})
        return
    for item in [one for one in village.items if one.person == person and one.resource["resourceType"] == type_]:
        made = item.resource | said
        if "kode6" in said:
            made["meta"] = {"security": [{"system": "https://akson.no/fhir/protection", "code": "kode6"}]}
        async with village.office.work(JOB, Purpose.SYSTEM) as work:
            await journal.update(work, {k: v for k, v in made.items() if v != [] and k != "kode6"}, id_=made["id"])


async def _close(village: Village, person: str, provision: Resource) -> str:
    said = {"resourceType": "Consent", "status": "active", "patient": {"reference": village.names[f"Patient/{person}"]},
            "scope": {"coding": [{"code": "patient-privacy"}]}, "category": [{"text": "sperring"}],
            "policyRule": {"coding": [{"code": "OPTOUT"}]}, "provision": {"type": "deny", **provision}}  # fmt: skip
    async with village.office.work(JOB, Purpose.SYSTEM) as work:
        return (await journal.create(work, said)).id


async def test_a_block_more_or_a_tie_less_never_shows_more(village: Village, api: Api) -> None:
    changes = NeverMore(village, api, seed=1)
    assert [told for _ in range(PAIRS) if (told := await changes.change())] == []
