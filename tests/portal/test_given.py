"""The citizen reads to whom information was sent by message: sent when it has left, delivered when it is confirmed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from akson.base.work import Purpose
from akson.exchange import outbox, sending
from akson.exchange.giving import given
from akson.exchange.states import Event, State
from akson.portal import insight
from akson.record import journal
from akson.record.facts import PROTECTION
from akson.record.office import Office
from akson.registers.identifiers import synthetic_fnr
from tests.exchange.letters import HEART
from tests.exchange.places import Places, make
from tests.exchange.world import World, world
from tests.offices import JOB, citizen, let_pass, patient
from tests.portal.pages import show
from tests.seeded import Town

__all__ = ["world"]
ROLE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
HOSPITAL = "Hjertepoliklinikken, Vestfjell sykehus"


async def written(places: Places, **more: Any) -> str:
    """Let the doctor write to the hospital; return the id of the Communication."""
    new = {
        "resourceType": "Communication", "status": "completed", "subject": {"reference": places.astrid.reference},
        "sender": {"reference": places.doctor.id}, "topic": {"text": "Spørsmål om legemidler"},
        "payload": [{"contentString": "Kan dere sende siste epikrise?"}],
    }  # fmt: skip
    let_pass(places.office, timedelta(minutes=1))
    async with places.office.work(places.doctor, Purpose.TREATMENT) as work:
        return (await sending.send(work, new | more, to=HEART.her_id)).id


async def rows(places: Places) -> list[tuple[str, str]]:
    """Return what Innsyn tells Astrid of messages."""
    let_pass(places.office, timedelta(minutes=1))
    shown = await show(Town(places.office, {}), citizen(places.astrid), "/min/innsyn")
    return [(one.title, one.text) for one in shown.page.values["insight"].given]


async def happens(places: Places, communication: str, *events: Event) -> None:
    """Let the exchange tell what became of a message."""
    database = places.office.database
    ((owner, key),) = await database.fetch("SELECT owner, key FROM message_out WHERE told_of = $1", communication)
    for event in events:
        let_pass(places.office, timedelta(minutes=1))
        async with places.office.work(JOB, Purpose.SYSTEM) as work:
            assert await outbox.happened(work, owner, key, event)


async def test_what_was_sent_is_told_with_whom_what_and_when_and_delivered_when_it_was(world: World) -> None:
    places = world.places
    sent = await written(places)
    assert await rows(places) == []  # it has not left the house

    async def accepted() -> bool:
        return await world.standing(sent) is State.ACCEPTED

    await world.until(accepted)
    ((title, text),) = await rows(places)
    assert title == HOSPITAL
    assert text.startswith("Spørsmål om legemidler. Sendt i dag klokken ") and ", levert i dag klokken " in text


AS_TOLD: list[tuple[list[Event], str]] = [
    ([], ""), ([Event.GIVE_UP], ""), ([Event.BY_HAND], ""),
    ([Event.HANDED_OVER], "Sendt i dag klokken 10.02, ikke bekreftet mottatt"),
    ([Event.HANDED_OVER, Event.UNCONFIRMED], "Sendt i dag klokken 10.02, ikke bekreftet mottatt"),
    ([Event.HANDED_OVER, Event.DEADLINE], "Sendt i dag klokken 10.02, ikke bekreftet mottatt"),
    ([Event.HANDED_OVER, Event.GIVE_UP, Event.BY_HAND], "Sendt i dag klokken 10.02, ikke bekreftet mottatt"),
    ([Event.HANDED_OVER, Event.RECEIPT], "Sendt i dag klokken 10.02, levert i dag klokken 10.03"),
    ([Event.HANDED_OVER, Event.RECEIPT, Event.SEND_AGAIN], "Sendt i dag klokken 10.02, levert i dag klokken 10.03"),
    ([Event.HANDED_OVER, Event.ACCEPT, Event.ANSWER], "Sendt i dag klokken 10.02, levert i dag klokken 10.03"),
    ([Event.HANDED_OVER, Event.REJECT], "Sendt i dag klokken 10.02, levert i dag klokken 10.03 og avvist av mottakeren"),
    ([Event.ACCEPT], "Sendt i dag klokken 10.02, levert i dag klokken 10.02"),
]  # fmt: skip


@pytest.mark.parametrize(("events", "told"), AS_TOLD)
async def test_sent_is_said_of_what_has_left_and_delivered_of_what_is_confirmed(
    office: Office, events: list[Event], told: str
) -> None:
    places = await make(office)
    await happens(places, await written(places), *events)
    assert [text for _, text in await rows(places)] == ([f"Spørsmål om legemidler. {told}."] if told else [])


async def test_what_the_reader_may_not_see_is_not_told_of(office: Office) -> None:
    places = await make(office)
    sent = await written(places)
    await happens(places, sent, Event.HANDED_OVER)
    assert len(await rows(places)) == 1
    async with office.work(JOB, Purpose.SYSTEM) as work:
        message = await journal.read(work, "Communication", sent)
        meta = {**message.resource["meta"], "security": [{"system": "https://akson.no/fhir/mark", "code": "withheld"}]}
        await journal.update(work, {**message.resource, "meta": meta}, id_=sent, if_match=message.version)
    assert await rows(places) == []


async def test_many_messages_take_no_more_statements(office: Office) -> None:
    places = await make(office)
    town, astrid = Town(office, {}), citizen(places.astrid)
    await happens(places, await written(places), Event.HANDED_OVER)
    few = await show(town, astrid, "/min/innsyn")
    for _ in range(5):
        await happens(places, await written(places), Event.HANDED_OVER)
    many = await show(town, astrid, "/min/innsyn")
    assert few.statements == many.statements and len(many.page.values["insight"].given) == 6
    assert insight.SHOWN.items() >= insight.WANTED.items()


@pytest.mark.parametrize("hides", [True, False])
async def test_a_receiver_is_not_named_to_who_acts_for_somebody_with_a_hidden_address(
    world: World, hides: bool
) -> None:
    places = world.places
    number = synthetic_fnr(date(1971, 2, 3), 1, female=True).identifier()
    daughter = await patient(places.office, identifier=[number], birthDate="1971-02-03")
    acts = replace(citizen(daughter), born=date(1971, 2, 3))
    sent = await written(places)

    async def accepted() -> bool:
        return await world.standing(sent) is State.ACCEPTED

    await world.until(accepted)
    async with places.office.work(JOB, Purpose.SYSTEM) as work:
        await journal.create(work, {
            "resourceType": "RelatedPerson", "active": True, "identifier": [number],
            "patient": {"reference": places.astrid.reference},
            "relationship": [{"coding": [{"system": ROLE, "code": "POWATT"}]}]})  # fmt: skip
        if hides:
            person = await journal.read(work, "Patient", places.astrid.id)
            label = {"meta": {"security": [{"system": PROTECTION, "code": "kode7"}]}}
            await journal.update(work, person.resource | label, id_=person.id)
    owner = places.office.ids.open(places.astrid.id)
    async with places.office.work(acts, Purpose.OWN) as work:
        (to_her,) = await given(work, owner, [sent])
    async with places.office.work(citizen(places.astrid), Purpose.OWN) as work:
        (to_astrid,) = await given(work, owner, [sent])
    assert (to_her.receiver, to_astrid.receiver) == ("" if hides else HOSPITAL, HOSPITAL)
    shown = await show(Town(places.office, {}), acts, "/min/innsyn", id_=places.astrid.id)
    titles = [one.title for one in shown.page.values["insight"].given]
    assert titles == ["En mottaker" if hides else HOSPITAL]
