"""Whose records a citizen may open, as the journal's facts tell it."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest

from akson.audit.verify import verify
from akson.base.errors import Refused
from akson.base.work import Purpose
from akson.record import journal
from akson.record.office import Office
from akson.record.represented import represented, representing
from akson.record.session import session
from akson.record.stored import Stored
from akson.registers.identifiers import synthetic_fnr
from tests.offices import FNR, JOB, citizen, patient, staff, unit

MOTHER = "08849700422"
OTHER = synthetic_fnr(date(1991, 2, 3), 40, female=True).value


async def test_a_mother_written_in_the_same_set_as_her_child_is_known_by_her_number(office: Office) -> None:
    mother = {"resourceType": "Patient", "name": [{"family": "Vik"}], "identifier": [{"system": FNR, "value": MOTHER}]}
    child = {"resourceType": "Patient", "name": [{"family": "Vik", "given": ["Lo"]}], "birthDate": "2020-01-01"}
    known, own = office.ids.mint(5), office.ids.mint(7)
    related = {
        "resourceType": "RelatedPerson",
        "patient": {"reference": f"Patient/{known}"},
        "identifier": [{"system": FNR, "value": MOTHER}],
        "relationship": [{"coding": [{"code": "MTH"}]}],
    }
    async with office.work(JOB, Purpose.SYSTEM) as work:
        drafts = [("POST", related, None), ("POST", child, known), ("POST", mother, own)]
        _, _, made = await journal.write_set(work, [journal.draft(m, r, id_=i) for m, r, i in drafts])
    async with office.work(citizen(made), Purpose.OWN) as work:
        found = await represented(work)
        assert session(work).statements == 1
    assert [(one.name, one.basis) for one in found] == [("Vik", "egen journal"), ("Lo Vik", "forelder")]


def named(child: Stored, number: str = MOTHER, code: str = "MTH") -> dict[str, Any]:
    """Return what says that whoever has a number may act for a child."""
    return {
        "resourceType": "RelatedPerson", "patient": {"reference": child.reference},
        "identifier": [{"system": FNR, "value": number}], "relationship": [{"coding": [{"code": code}]}],
    }  # fmt: skip


def person(number: str = "", **more: Any) -> dict[str, Any]:
    numbers = {"identifier": [{"system": FNR, "value": number}]} if number else {}
    return {"resourceType": "Patient", "name": [{"family": "Vik"}], **numbers, **more}


async def write(office: Office, resource: dict[str, Any], standing: Stored | None = None) -> Stored:
    async with office.work(JOB, Purpose.SYSTEM) as work:
        if standing is None:
            return await journal.create(work, resource)
        return await journal.update(work, resource | {"id": standing.id}, id_=standing.id)


async def child_of(office: Office) -> Stored:
    return await write(office, person(birthDate="2020-01-01"))


async def opens(office: Office, mother: Stored, child: Stored) -> bool:
    """Tell whether she may open the record: by the list of hers, by a read, and by who is told to the child."""
    async with office.work(citizen(mother), Purpose.OWN) as work:
        listed = child.owner in {one.owner for one in await represented(work)}
    try:
        async with office.work(citizen(mother), Purpose.OWN) as work:
            await journal.read(work, "Patient", child.id)
    except Refused:
        assert not listed
        return False
    async with office.work(JOB, Purpose.SYSTEM) as work:
        assert mother.owner in {one.person for one in (await representing(work, child.owner)).values()}
    assert listed
    return True


@pytest.mark.parametrize("order", ["the mother first", "the child first"])
async def test_a_mother_opens_the_record_whoever_of_them_was_registered_first(office: Office, order: str) -> None:
    if order == "the mother first":
        mother = await write(office, person(MOTHER))
        child = await child_of(office)
        await write(office, named(child))
    else:
        child = await child_of(office)
        await write(office, named(child))
        mother = await write(office, person(MOTHER))
    assert await opens(office, mother, child)


async def test_she_who_gets_the_number_gets_the_record_and_she_who_loses_it_loses_that(office: Office) -> None:
    child, mother, other = await child_of(office), await write(office, person()), await write(office, person(OTHER))
    await write(office, named(child))
    assert not await opens(office, mother, child)
    await write(office, person(MOTHER), mother)
    assert await opens(office, mother, child)
    await write(office, person(), mother)
    assert not await opens(office, mother, child)
    await write(office, person(MOTHER), other)
    assert await opens(office, other, child) and not await opens(office, mother, child)
    async with office.work(JOB, Purpose.SYSTEM) as work:
        await journal.delete(work, "Patient", other.id)
    async with office.work(JOB, Purpose.SYSTEM) as work:
        assert await representing(work, child.owner) == {}
    await write(office, person(MOTHER), mother)
    assert await opens(office, mother, child)


async def test_it_ends_with_what_said_so_and_leaves_no_number_behind(office: Office) -> None:
    child = await child_of(office)
    said = await write(office, named(child))
    await write(office, named(child) | {"active": False}, said)
    mother = await write(office, person(MOTHER))
    assert not await opens(office, mother, child)
    await write(office, named(child, OTHER), said)
    async with office.work(JOB, Purpose.SYSTEM) as work:
        await journal.delete(work, "RelatedPerson", said.id)
    assert await office.database.fetchval("SELECT array_agg(value) FROM person_identifier") == [MOTHER]


async def test_a_number_that_is_only_named_can_be_taken_once(office: Office) -> None:
    await write(office, named(await child_of(office)))
    await write(office, person(MOTHER))
    with pytest.raises(Refused, match="AK-J006"):
        await write(office, person(MOTHER))


async def test_writing_a_mother_again_leaves_her_childs_facts_alone(office: Office) -> None:
    child, mother = await child_of(office), await write(office, person(MOTHER))
    await write(office, named(child))
    revision = "SELECT facts_rev FROM owner WHERE owner = $1"
    before = await office.database.fetchval(revision, child.owner)
    await write(office, person(MOTHER, gender="female"), mother)
    assert await office.database.fetchval(revision, child.owner) == before
    assert await opens(office, mother, child)


async def test_both_written_at_the_same_moment_find_each_other(office: Office) -> None:
    for n in range(12):
        number = synthetic_fnr(date(1990, 1, 1 + n), 40, female=True).value
        child = await child_of(office)
        mother, _ = await asyncio.gather(write(office, person(number)), write(office, named(child, number)))
        assert await opens(office, mother, child)


async def test_neither_waits_for_good_when_one_has_written_and_not_committed(office: Office) -> None:
    child = await child_of(office)
    async with office.work(JOB, Purpose.SYSTEM) as work:
        mother = await journal.create(work, person(MOTHER))
        await journal.read(work, "Patient", mother.id)  # writes what is queued, in a transaction that stays open
        later = asyncio.ensure_future(write(office, named(child)))
        await asyncio.sleep(0.2)
        assert not later.done()
    await later
    assert await opens(office, mother, child)


async def test_a_proxy_for_one_who_is_not_registered_yet_is_attested_too(office: Office) -> None:
    place = await unit(office, "Sone nord")
    child, nurse = await patient(office, at=place), await staff(office, place, "Yusuf")
    with pytest.raises(Refused, match="AK-A"):
        async with office.work(nurse, Purpose.TREATMENT) as work:
            await journal.create(work, named(child, code="POWATT"))


async def test_the_trails_hold_when_a_number_has_changed_hands(office: Office, database_url: str) -> None:
    child = await child_of(office)
    await write(office, named(child))
    await write(office, person(), await write(office, person(MOTHER)))
    assert (await verify(database_url, keys=[])).faults == ()


async def test_the_controller_is_who_answers_for_the_unit_that_gives_care(office: Office) -> None:
    place = await unit(office, "Fjordvik kommune")
    person = await patient(office, at=place)
    async with office.work(citizen(person), Purpose.OWN) as work:
        assert [one.controller for one in await represented(work)] == ["Fjordvik kommune"]
