"""What the citizen has closed to a receiver is not offered to go along with what is written to it, and does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from akson.base.errors import Refused
from akson.base.work import Purpose
from akson.exchange import addresses, following, sending
from akson.exchange.states import Event
from akson.record import journal
from akson.registers.identifiers import ORG_SYSTEM, synthetic_orgnr
from tests.exchange.letters import HEART
from tests.exchange.places import Places
from tests.exchange.test_following import LUNG, WHY, happens, states
from tests.exchange.test_letters_out import TYPES
from tests.offices import JOB, staff
from tests.workplace.browsing import browsing
from tests.workplace.test_referring import GP, TYPED, page, places, problems

__all__ = ["places"]
NUMBER, NOTE = synthetic_orgnr(77).value, "Noe i journalen følger ikke med"
HEARTS = "Hjertesvikt, EF 38 %"


async def closed(places: Places, names: list[str], **to: list[dict[str, Any]]) -> None:
    """Let Astrid close something of her record."""
    scope = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]}
    data = [{"meaning": "instance", "reference": {"reference": name}} for name in names]
    async with places.office.work(JOB, Purpose.SYSTEM) as work:
        await journal.create(work, {
            "resourceType": "Consent", "status": "active", "scope": scope, "category": [{"text": "Sperre"}],
            "patient": {"reference": places.astrid.reference}, "policyRule": {"text": "pjl § 17"},
            "provision": {"type": "deny", **({"data": data} if data else {}), **to},
        })  # fmt: skip


async def hospital(places: Places, her_id: int = HEART.her_id) -> dict[str, Any]:
    """Let the hospital be known here by its number alone, as the citizen closed to it; return who that is."""
    named = {
        "resourceType": "Organization",
        "identifier": [{"system": ORG_SYSTEM, "value": NUMBER}],
        "name": "Sykehuset",
    }
    async with places.office.work(JOB, Purpose.SYSTEM) as work:
        made = await journal.create(work, named)
    there = (await addresses.find(places.office.database, [her_id]))[her_id]
    await addresses.put(places.office.database, [
        replace(there, org_number=NUMBER, takes=(*there.takes, "MEDISINSKE_OPPLYSNINGER"))
    ])  # fmt: skip
    role = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "IRCP"}]}
    return {"role": role, "reference": {"reference": made.reference}}


@pytest.mark.parametrize(("kind", "told"), [("henvisning", HEARTS), ("ny/medisinske-opplysninger", "01.03.2019")])
async def test_it_is_not_offered_nor_sent_and_the_writer_is_told_that_something_is_kept_and_not_what(
    places: Places, kind: str, told: str
) -> None:
    there, known = await hospital(places), await problems(places)
    form = TYPED if kind == "henvisning" else {"mottaker": str(HEART.her_id), "tekst": "Se over.", "valgt": "ja"}
    ticked = {"do": "look", "ta": known[HEARTS], **form}
    async with browsing(places.office, places.doctor) as jonas:
        before = await jonas.send(page(places, kind), **ticked)
        assert before.status == 200 and told in before.text and NOTE not in before.text
        await closed(places, [known[HEARTS]], actor=[there])
        seen = await jonas.send(page(places, kind), **ticked)
        assert seen.status == 200 and NOTE in seen.text and told not in seen.text
        mended = await jonas.send(page(places, kind), **ticked | {"do": "edit"})
        assert NOTE in mended.text and HEARTS not in mended.text and "Furix" in mended.text
        assert (await jonas.send(page(places, kind), **ticked | {"do": "send"})).status == 303
    (message,) = await places.found("Communication")
    assert known[HEARTS] not in str(message) and known[HEARTS] not in str(await places.found("ServiceRequest"))


async def test_before_a_receiver_is_chosen_nothing_is_offered_that_is_closed_to_all_outside(places: Places) -> None:
    known = await problems(places)
    role = {"coding": [{"system": "https://akson.no/fhir/role", "code": "ekstern"}]}
    await closed(places, [known[HEARTS]], actor=[{"role": role, "reference": {"display": "Andre virksomheter"}}])
    async with browsing(places.office, places.doctor) as jonas:
        blank = await jonas.open(page(places))
        assert NOTE in blank.text and HEARTS not in blank.text and "Furix" in blank.text


@pytest.mark.parametrize("whole", [True, False])
async def test_no_other_way_of_sending_passes_it_on(places: Places, whole: bool) -> None:
    there, known = await hospital(places), await problems(places)
    told = {
        "resourceType": "Communication", "subject": {"reference": places.astrid.reference},
        "category": [{"coding": [{"system": sending.filing.MESSAGE_TYPE, "code": "MEDISINSKE_OPPLYSNINGER"}]}],
        "about": [{"reference": known[HEARTS]}],
    }  # fmt: skip
    await closed(places, [] if whole else [known[HEARTS]], actor=[there])
    with pytest.raises(Refused) as refused:
        async with places.office.work(places.doctor, Purpose.TREATMENT) as work:
            await sending.send(work, told, to=HEART.her_id)
    assert refused.value.code == "AK-X101" and HEARTS not in refused.value.text
    assert await places.found("Communication") == []


async def referred(places: Places, *events: Event) -> str:
    """Let a referral that tells of the heart go wrong; return where the desk shows it."""
    known = await problems(places)
    async with browsing(places.office, places.doctor) as jonas:
        assert (await jonas.send(page(places), do="send", ta=known[HEARTS], **TYPED)).status == 303
    (row,) = await places.rows("SELECT msg_id FROM message_out")
    await happens(places, row["msg_id"], *events)
    return f"/meldinger/ut/{row['msg_id']}"


@pytest.mark.parametrize("closes", ["what it tells of", "the message", "the record"])
@pytest.mark.parametrize(("role", "do", "events"), [
    ("legesekretær", "elsewhere", (Event.RECEIPT, Event.REJECT)),
    ("administrator", "again", (Event.RECEIPT, Event.REJECT)),
    ("administrator", "again", (Event.GIVE_UP,)),
])  # fmt: skip
async def test_the_desk_does_not_pass_on_what_was_closed_since_and_says_not_what(
    places: Places, role: str, do: str, events: tuple[Event, ...], closes: str
) -> None:
    await addresses.put(places.office.database, [replace(LUNG, takes=TYPES[:1])])
    where, vang = await referred(places, *events), await staff(places.office, places.practice, "Vang", role=role)
    (message,) = await places.found("Communication")
    names = {"the message": [f"Communication/{message['id']}"], "the record": []}
    there = await hospital(places, LUNG.her_id if do == "elsewhere" else HEART.her_id)
    await closed(places, names.get(closes, [(await problems(places))[HEARTS]]), actor=[there])
    before = await states(places), await places.rows("SELECT * FROM message_move")
    form = {"mottaker": str(LUNG.her_id), "hvorfor": WHY} if do == "elsewhere" else {"begrunnelse": WHY}
    async with browsing(places.office, vang) as browser:
        shown = await browser.send(where, do=do, **form)
    assert shown.status == 422 and "kan ikke sendes til" in shown.text and HEARTS not in shown.html
    assert (await states(places), await places.rows("SELECT * FROM message_move")) == before


async def test_what_is_closed_to_one_receiver_goes_to_another(places: Places) -> None:
    await addresses.put(places.office.database, [replace(LUNG, takes=TYPES[:1])])
    where = await referred(places, Event.RECEIPT, Event.REJECT)
    vang = await staff(places.office, places.practice, "Vang", role="legesekretær")
    await closed(places, [(await problems(places))[HEARTS]], actor=[await hospital(places)])
    async with browsing(places.office, vang) as browser:
        assert (await browser.send(where, do="elsewhere", mottaker=str(LUNG.her_id), hvorfor=WHY)).status == 303
    assert sorted((await states(places)).values()) == ["handled", "queued"]


async def test_who_may_not_read_a_message_sends_it_to_nobody_else(places: Places) -> None:
    await addresses.put(places.office.database, [replace(LUNG, takes=TYPES[:1])])
    where = await referred(places, Event.RECEIPT, Event.REJECT)
    vang = await staff(places.office, places.practice, "Vang", role="legesekretær")
    (message,) = await places.found("Communication")
    whom = {"role": {"text": "sperret"}, "reference": {"reference": vang.id}}
    await closed(places, [f"Communication/{message['id']}"], actor=[whom])
    async with browsing(places.office, vang) as browser:
        barred = await browser.send(where, do="elsewhere", mottaker=str(LUNG.her_id), hvorfor=WHY)
    assert barred.status != 303 and list((await states(places)).values()) == ["rejected"]


@pytest.mark.parametrize("do", ["elsewhere", "again"])
async def test_the_desk_sends_no_type_to_whom_it_is_not_entered_for(places: Places, do: str) -> None:
    """The GP takes other types than referrals; of the hospital that is entered after it was written to."""
    where = await referred(places, Event.GIVE_UP)
    vang = await staff(places.office, places.practice, "Vang", role="legesekretær")
    there = (await addresses.find(places.office.database, [HEART.her_id]))[HEART.her_id]
    await addresses.put(places.office.database, [replace(there, takes=("EPIKRISE",)), replace(LUNG, takes=TYPES[:1])])
    form = {"mottaker": str(GP.her_id), "hvorfor": WHY} if do == "elsewhere" else {"begrunnelse": WHY}
    async with browsing(places.office, vang) as browser:
        one = await browser.open(where)
        assert LUNG.name in one.text and GP.name not in one.text
        shown = await browser.send(where, do=do, **form)
    assert shown.status == 422 and ("tar ikke imot «Henvisning" in shown.text) == (do == "again")
    assert list((await states(places)).values()) == ["failed"]
    async with places.office.work(places.doctor, Purpose.TREATMENT) as work:
        sent = await following.find(work, where.rpartition("/")[2], content=True)
        with pytest.raises(Refused, match="AK-X033"):
            await following.send_elsewhere(work, sent, GP.her_id, WHY)
