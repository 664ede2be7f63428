"""Messages that went wrong: the one who answers for messages sees that they exist, and reads one only for a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from akson.audit.view import looked_at
from akson.base.work import Actor, Purpose
from akson.exchange import delivery, inbox, outbox, sending
from akson.exchange.safexml import Fault
from akson.exchange.states import Event
from akson.record import journal
from akson.record.facts import PROTECTION
from akson.record.office import Office
from tests.exchange.letters import HEART, MSG_ID, NORDRE, written
from tests.exchange.places import Places, make
from tests.offices import JOB, staff, unit
from tests.workplace.browsing import browsing

NOWHERE = type(NORDRE)(99999999, "Ukjent", 99999998, "Ukjent")
SECRET = "Hun reiser hjem i morgen."


@pytest.fixture
async def places(office: Office) -> Places:
    return await make(office)


@pytest.fixture
async def keeper(places: Places) -> Actor:
    return await staff(places.office, places.practice, "Vang", role="legesekretær")


async def arrived(places: Places, body: bytes) -> str:
    """Let a message come that cannot be filed; return where it is shown."""
    office = places.office
    digest = await inbox.keep(office.database, body, now=office.clock(), envelope_from=HEART.her_id)
    await delivery.receive_due(office)
    return f"/meldinger/{digest}"


async def test_the_list_tells_ids_times_and_reason_and_nothing_of_the_content(places: Places, keeper: Actor) -> None:
    where = await arrived(places, written(to=NOWHERE))
    new = {
        "resourceType": "Communication",
        "subject": {"reference": places.astrid.reference},
        "payload": [{"contentString": SECRET}],
    }
    async with places.office.work(places.doctor, Purpose.TREATMENT) as work:
        await sending.send(work, new, to=HEART.her_id)
    async with places.office.work(delivery.AKSON, Purpose.MESSAGE) as work:
        row = (await places.rows("SELECT owner, key FROM message_out WHERE told_of <> ''"))[0]
        await outbox.happened(work, row["owner"], row["key"], Event.GIVE_UP, Fault("", "Mottakeren svarer ikke."))
    async with browsing(places.office, keeper) as vang:
        listed = await vang.open("/meldinger")
        one = await vang.open(where)
    for told in ("Helsefaglig dialog", MSG_ID, "Hjertepoliklinikken", "E21", "Mottakeren finnes ikke her.", "i dag 10.00",
                 "i morgen 10.00", "Kunne ikke sendes", "Mottakeren svarer ikke."):  # fmt: skip
        assert told in listed.text
    for shown in (listed, one):
        assert "hjem i morgen" not in shown.html and "148341" not in shown.html and "Nordli" not in shown.html


async def test_the_content_is_opened_for_a_reason_that_the_patient_can_read(places: Places, keeper: Actor) -> None:
    where = await arrived(places, written(to=NOWHERE))
    async with browsing(places.office, keeper) as vang:
        refused = await vang.send(where, do="open", begrunnelse="  for å   ")
        assert refused.status == 422 and SECRET not in refused.text and "minst ti tegn" in refused.text
        opened = await vang.send(where, do="open", begrunnelse="Finne rett mottaker for sykehuset")
    assert opened.status == 200 and SECRET in opened.text and "Astrid Nordli 14834142059" in opened.text
    visits = (
        await looked_at(places.office.database, places.astrid.owner, places.office.clock() + timedelta(minutes=1))
    ).visits
    assert [(visit.who, visit.did, visit.reason) for visit in visits if visit.role == "legesekretær"] == [
        ("Vang", ("leste melding",), "Finne rett mottaker for sykehuset")
    ]  # fmt: skip


async def test_what_cannot_be_read_is_shown_as_it_came_and_stands_in_the_log_of_whom_it_names(
    places: Places, keeper: Actor
) -> None:
    where = await arrived(places, written()[:-40] + b"<script>alert(1)</script>")
    async with browsing(places.office, keeper) as vang:
        assert "T01" in (await vang.open("/meldinger")).text
        opened = await vang.send(where, do="open", begrunnelse="Se hvem den er fra")
    assert "Slik kom den:" in opened.text and "<script>alert" not in opened.html
    rows = await places.rows("SELECT patients FROM access_log WHERE reason = 'Se hvem den er fra'")
    assert [places.astrid.owner in (row["patients"] or ()) for row in rows] == [True]


async def test_of_what_could_not_be_opened_is_said_that_it_is_encrypted(places: Places, keeper: Actor) -> None:
    where = await arrived(places, b"0\x82\x00\x01\x00")
    async with browsing(places.office, keeper) as vang:
        opened = await vang.send(where, do="open", begrunnelse="Se hvem den er fra")
    assert "Meldingen er kryptert og kunne ikke åpnes." in opened.text and "Slik kom den:" not in opened.text
    rows = await places.rows("SELECT seen::text FROM access_log WHERE reason = 'Se hvem den er fra'")
    assert ["page melding" in row["seen"] for row in rows] == [True]


async def test_one_that_is_sorted_out_leaves_the_list(places: Places, keeper: Actor) -> None:
    where = await arrived(places, written(to=NOWHERE))
    async with browsing(places.office, keeper) as vang:
        done = await vang.send(where, do="handled", gjort="Ringte avsenderen")
        assert done.leads_to == "/meldinger"
        assert "Alle meldinger inn er lagt i en journal." in (await vang.open("/meldinger")).text
        assert (await vang.open(where)).status == 404


async def test_an_administrator_sees_the_list_and_no_content(places: Places) -> None:
    where = await arrived(places, written(to=NOWHERE))
    async with browsing(places.office, await staff(places.office, places.practice, "Rud", "administrator")) as rud:
        assert MSG_ID in (await rud.open("/meldinger")).text
        assert "begrunnelse" not in (await rud.open(where)).html
        refused = await rud.send(where, do="open", begrunnelse="Finne rett mottaker for sykehuset")
    assert refused.status == 403 and SECRET not in refused.text and "148341" not in refused.html


CAME = {
    "a message": written(to=NOWHERE), "one that is cut off": written(to=NOWHERE)[:-40],
    "its number with references to characters": written(to=NOWHERE)[:-40].replace(b"14834142059", b"14.83.41&#160;&#32;420 59"),
    "its number with a space, in two bytes a sign": b"\xff\xfe" + written(to=NOWHERE).replace(b"14834142059", b"148341 42059").decode().encode("utf-16-le")[:-2],
}  # fmt: skip


@pytest.mark.parametrize("body", CAME.values(), ids=CAME)
@pytest.mark.parametrize(("code", "status"), [("kode6", 404), ("own", 403), ("blocked", 403)])
async def test_whom_the_rules_bar_from_the_patient_opens_nothing(
    places: Places, keeper: Actor, code: str, status: int, body: bytes
) -> None:
    if code == "own":
        keeper = replace(keeper, person=places.astrid.owner)
    elif code == "blocked":
        await blocks(places, keeper)
    else:
        await protect(places, code)
        keeper = await staff(places.office, await unit(places.office, "Sentrum legegruppe"), "Moe", "legesekretær")
    where = await arrived(places, body)
    async with browsing(places.office, keeper) as vang:
        refused = await vang.send(where, do="open", begrunnelse="Finne rett mottaker for sykehuset")
    assert refused.status == status and SECRET not in refused.text and "148341" not in refused.html


async def test_a_reason_opens_a_message_about_a_patient_of_another_unit(places: Places) -> None:
    moe = await staff(places.office, await unit(places.office, "Sentrum legegruppe"), "Moe", "legesekretær")
    where = await arrived(places, written(to=NOWHERE))
    async with browsing(places.office, moe) as browser:
        assert SECRET in (await browser.send(where, do="open", begrunnelse="Finne rett mottaker for sykehuset")).text


async def protect(places: Places, code: str) -> None:
    """Give Astrid a protected address."""
    async with places.office.work(JOB, Purpose.SYSTEM) as work:
        now = (await journal.read(work, "Patient", places.astrid.id)).resource
        await journal.update(
            work, now | {"meta": {"security": [{"system": PROTECTION, "code": code}]}}, id_=places.astrid.id
        )


async def blocks(places: Places, whom: Actor) -> None:
    """Let Astrid refuse one person."""
    provision = {"type": "deny", "actor": [{"role": {"text": "sperret"}, "reference": {"reference": whom.id}}]}
    consent = {
        "resourceType": "Consent", "status": "active", "patient": {"reference": places.astrid.reference},
        "scope": {"text": "sperring"}, "category": [{"text": "sperring"}], "policyRule": {"text": "pjl § 17"},
        "provision": provision,
    }  # fmt: skip
    async with places.office.work(JOB, Purpose.SYSTEM) as work:
        await journal.create(work, consent)


@pytest.mark.parametrize("where", ["/meldinger/x", "/meldinger/00", "/meldinger/" + "0" * 64])
async def test_an_address_of_nothing_is_not_found(places: Places, keeper: Actor, where: str) -> None:
    async with browsing(places.office, keeper) as vang:
        assert (await vang.open(where)).status == 404


async def test_only_the_one_who_answers_for_messages_sees_them(places: Places) -> None:
    where = await arrived(places, written(to=NOWHERE))
    async with browsing(places.office, places.doctor) as jonas:
        assert (await jonas.open("/meldinger")).status == 403
        assert (await jonas.send(where, do="open", begrunnelse="Nysgjerrig på innholdet")).status == 403


async def test_the_list_costs_the_same_whatever_its_length(places: Places, keeper: Actor) -> None:
    async with browsing(places.office, keeper) as vang:
        await vang.open("/meldinger")
        none = await vang.open("/meldinger")
        for number in range(12):
            await arrived(places, written(msg_id=f"{number:08}{MSG_ID[8:]}", to=NOWHERE))
        many = await vang.open("/meldinger")
    assert many.text.count("E21") == 12 and many.statements == none.statements <= 8
