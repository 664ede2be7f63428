"""Se som: what another sees is what the rules let them see, never more than the citizen sees, and the citizen's look."""

from __future__ import annotations

import re
from typing import Any

import pytest

from akson.audit import view
from akson.base.errors import Refused
from akson.base.web.screens import Go
from akson.base.work import Actor, Purpose
from akson.portal import record
from akson.portal.insight import SEE_AS
from akson.record import journal
from akson.record.deciding import facts_for
from akson.record.viewing import Viewer, through, viewers
from tests.offices import JOB
from tests.portal.pages import add, citizen, send, show
from tests.portal.test_insight import later
from tests.portal.test_youth import sander
from tests.seeded import Town

SECRET = "Samtale om sorg"  # of the conversation Astrid has closed


async def charted(town: Town, actor: Actor, person: str, viewer: Viewer | None = None) -> set[str]:
    """Return what of a record one sees; with the eyes of another too. Empty when it is closed."""
    purpose = Purpose.OWN if actor.id.startswith("Patient/") else Purpose.TREATMENT
    try:
        async with town.office.work(actor, purpose) as work:
            seen = through(work, viewer) if viewer else work
            found = await journal.chart(seen, town.id(f"Patient/{person}"), record.WANTED, marked=record.MARKED)
    except Refused:
        return set()
    return {hit.reference for hits in found.values() for hit in hits}


async def all_viewers(town: Town, actor: Actor, person: str) -> list[Viewer]:
    owner = town.office.ids.open(town.id(f"Patient/{person}")) or 0
    async with town.office.work(actor, Purpose.OWN) as work:
        return await viewers(work, (await facts_for(work, [owner]))[owner])


async def looked_as(town: Town, actor: Actor, who: str, **query: str) -> Any:
    """Return the page as the one whose name in the list begins with `who`."""
    later(town)
    chosen = (await show(town, actor, SEE_AS, **query)).page.values["seeing"]
    found = [id_ for _, options in chosen.choices for id_, name in options if name.startswith(who)]
    return await show(town, actor, SEE_AS, som=found[0], **query)


@pytest.mark.parametrize("person", ["astrid", "torunn", "emil", "marius"])
async def test_everybody_is_seen_to_see_what_they_see_themselves_of_what_the_person_sees(
    town: Town, person: str
) -> None:
    me = await citizen(town, {"emil": "ida"}.get(person, person))
    own, found = await charted(town, me, person), await all_viewers(town, me, person)
    named = [one for one in found if one.kind != "role"]
    assert own and named
    for one in named:
        assert await charted(town, me, person, one) == own & await charted(town, one.actor, person), one.id
    told = {one.kind for one in found}
    assert {"role", "worker"} <= told


async def test_what_is_closed_to_one_is_not_shown_as_them_and_is_shown_when_it_is_opened(town: Town) -> None:
    astrid = await citizen(town, "astrid")
    page = await looked_as(town, astrid, "Jonas Eikeland")
    assert SECRET not in page.text and "Av det du ser, vises ikke: " in page.text
    assert "Slik ser Jonas Eikeland, fastlege, Nordre legesenter journalen" in page.text
    everything = await show(town, astrid, "/min/journal")
    assert SECRET in everything.text and "penicillin" in page.text


async def test_a_role_is_seen_as_anybody_who_has_it_and_one_closed_out_by_name_sees_nothing(town: Town) -> None:
    torunn = await citizen(town, "torunn")  # she has closed her record to Berit
    as_berit = await looked_as(town, torunn, "Berit")
    assert "Ingenting av journalen vises" in as_berit.text and as_berit.page.values["record"] is None
    as_nurse = await looked_as(town, torunn, "Sykepleier, Hjemmetjenesten")
    assert as_nurse.page.values["record"] is not None and "sperret for én av dem" in as_nurse.text


async def test_it_is_logged_as_the_citizens_own_look_and_nobody_elses(town: Town) -> None:
    astrid, owner = await citizen(town, "astrid"), town.office.ids.open(town.id("Patient/astrid")) or 0
    before = {one.actor for one in (await view.looked_at(town.office.database, owner, town.office.clock())).visits}
    await looked_as(town, astrid, "Jonas Eikeland")
    later(town)
    seen = (await view.looked_at(town.office.database, owner, town.office.clock())).visits
    assert {one.actor for one in seen} == before | {astrid.id}
    assert any("så journalen slik en annen ser den" in one.did for one in seen if one.own)


@pytest.mark.parametrize(("who", "person"), [("kari", "astrid"), ("hege", "sander"), ("astrid", "torunn")])
async def test_who_does_not_decide_for_the_person_looks_as_nobody(town: Town, who: str, person: str) -> None:
    actor = await citizen(town, who)
    for query in ({}, {"som": "role/sykepleier/x"}):
        with pytest.raises(Refused, match="AK-A001"):
            await show(town, actor, SEE_AS, person=person, **query)
    if who != "astrid":
        assert "Se journalen som" not in (await show(town, actor, "/min/innsyn", person=person)).text


@pytest.mark.parametrize(
    "chosen", ["Practitioner/nobody", "role/legevaktlege/x", "Device/akson", "{knut}", "RelatedPerson/x", "\x00", "'"]
)
async def test_one_looks_as_nobody_but_those_on_the_list(town: Town, chosen: str) -> None:
    knut = (await town.at_work("knut")).id
    with pytest.raises(Refused, match="AK-J001"):
        await show(town, await citizen(town, "astrid"), SEE_AS, som=chosen.format(knut=knut))


async def test_what_is_withheld_from_the_person_is_not_shown_through_one_who_sees_it(town: Town) -> None:
    mark = {"system": "https://akson.no/fhir/mark", "code": "withheld"}
    await add(town, {
        "resourceType": "Condition", "subject": {"reference": town.names["Patient/astrid"]},
        "meta": {"security": [mark]}, "code": {"text": "Mistanke om noe"},
        "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical",
                                       "code": "active"}]},
    })  # fmt: skip
    later(town)
    jonas, astrid, id_ = await town.at_work("jonas"), await citizen(town, "astrid"), town.id("Patient/astrid")
    async with town.office.work(jonas, Purpose.TREATMENT) as work:
        seen = await journal.chart(work, id_, {"Condition": 50})
    assert any(hit.resource["code"].get("text") == "Mistanke om noe" for hit in seen["Condition"])
    assert "Mistanke om noe" not in (await looked_as(town, astrid, "Jonas Eikeland")).html


async def test_a_youth_sees_what_a_parent_sees_of_the_youths_own_part(town: Town) -> None:
    assert await send(town, await citizen(town, "hege"), "/min/innsyn/ungdom", person="sander") == Go(
        f"/min/innsyn?person={town.id('Patient/sander')}", said="youth.let_in"
    )
    page = await looked_as(town, await sander(town), "Forelder 1")
    assert page.page.values["record"] is not None and not page.page.values["record"].problems


async def test_nothing_is_written_or_done_with_the_eyes_of_another(town: Town) -> None:
    astrid = await citizen(town, "astrid")
    jonas = next(one for one in await all_viewers(town, astrid, "astrid") if one.actor.name == "Jonas Eikeland")
    pulse = {"resourceType": "Observation", "status": "final", "code": {"text": "Puls"}, "valueString": "70",
             "subject": {"reference": town.names["Patient/astrid"]}}  # fmt: skip
    with pytest.raises(Refused, match="AK-A001"):
        async with town.office.work(astrid, Purpose.OWN) as work:
            await journal.create(through(work, jonas), pulse)
    async with town.office.work(astrid, Purpose.OWN) as work:
        assert await journal.create(work, pulse)
    page = await looked_as(town, astrid, "Jonas Eikeland")
    main = page.html.partition("<main")[2].partition("</main>")[0]
    assert "<form" not in main and not re.search(r'href="/min/journal/', main)


async def test_a_protected_address_is_as_hidden_as_it_is_to_the_other(town: Town) -> None:
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        protected = town.names["Patient/marius"]
        found = await journal.read(work, "Patient", protected.partition("/")[2])
    assert found.resource.get("address"), "marius has an address that is protected"
    marius = await citizen(town, "marius")
    one = next(iter(await all_viewers(town, marius, "marius")))
    async with town.office.work(marius, Purpose.OWN) as work:
        own = await journal.read(work, "Patient", marius.id.partition("/")[2])
        theirs = await journal.read(through(work, one), "Patient", marius.id.partition("/")[2])
    assert "line" in str(own.resource["address"]) and "line" not in str(theirs.resource["address"])
