"""Reporting a child to the barnevern: by all health personnel, past what is closed, and told to no parent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

import seeds
from akson.access.duty import CONCERN, LATER
from akson.access.facts import WITHHELD, WITHHELD_FROM_PARENTS
from akson.base.errors import Refused
from akson.base.work import Purpose
from akson.doors.seeding import address_of
from akson.exchange import addresses, following, outcomes
from akson.patient.alerting import choosing, gathering
from akson.patient.alerting.choosing import Choice
from akson.record import journal
from akson.record.erasure import Decision, Ground, erase
from akson.record.search.searching import search
from tests.offices import JOB, let_pass
from tests.portal.pages import citizen, show
from tests.seeded import Town
from tests.workplace.browsing import Shown, browsing
from tests.workplace.conftest import caught_up

EMIL, BARNEVERN = "Patient/emil", 99000021
WORRY = "Emil kommer uten mat og med blåmerker, og er redd for å gå hjem."
STORY = "Mandag 16. november så jeg tre blåmerker på ryggen. Han sa at han ikke fikk fortelle det."


@pytest.fixture(autouse=True)
async def listed(town: Town) -> None:
    """The address register of the demo."""
    told = [address_of(town.office, one, town.names, 8000) for one in seeds.addresses()]
    await addresses.put(town.office.database, told)


def answers(**more: str) -> dict[str, str]:
    return {"mottaker": "99000021", "grunn": "care", "tekst": WORRY, "historie": STORY, "vet_barn": "nei",
            "hvorfor_barn": "Han er redd", "foresatt": "Ida Karoliussen", "vet_foresatte": "nei",
            "hvorfor_foresatte": "Det kan være farlig for ham", "telefon": "98 76 54 32",
            "epost": "hanne.moen@fjordvik.example"} | more  # fmt: skip


async def sends(town: Town, who: str, child: str = EMIL, **more: str) -> Shown:
    async with browsing(town.office, await town.at_work(who)) as page:
        return await page.send(f"/p/{town.id(child)}/bekymring", **answers(**{"do": "send"} | more))


async def found(town: Town, type_: str, child: str = EMIL) -> list[dict[str, Any]]:
    """Return what of a report stands in a child's record."""
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        hits = (await search(work, type_, [("_security", CONCERN)])).hits
    return [hit.resource for hit in hits]


async def test_it_is_seen_as_the_barnevern_will_read_it_and_then_sent_with_a_task_until_they_answer(town: Town) -> None:
    async with browsing(town.office, await town.at_work("hanne")) as hanne:
        page = f"/p/{town.id(EMIL)}/bekymring"
        first = await hanne.open(page)
        assert "Ida Karoliussen" in first.html and "Plikten til å melde er din egen" in first.text
        draft = await hanne.send(page, **answers(do="look"))
        assert draft.status == 200 and WORRY in draft.text and "Tlf. 98 76 54 32" in draft.text
        assert await found(town, "Communication") == []
        sent = await hanne.send(page, **answers(do="send"))
        assert sent.status == 303, sent.text
        shown = await hanne.open(sent.leads_to)
        assert WORRY in shown.text and "Venter på sending" in shown.text
    (told,), (task,) = await found(town, "Communication"), await found(town, "Task")
    marks = {one["code"] for one in told["meta"]["security"]}
    assert {CONCERN, WITHHELD, WITHHELD_FROM_PARENTS} <= marks == {one["code"] for one in task["meta"]["security"]}
    hers = (await town.at_work("hanne")).id
    assert (told["sender"]["reference"], task["owner"]["reference"]) == (hers, hers)
    assert task["restriction"]["period"]["end"] == (town.office.clock() + timedelta(weeks=3)).date().isoformat()
    row = await town.office.database.fetchrow("SELECT * FROM message_out WHERE type = 'BEKYMRINGSMELDING'")
    assert row is not None and (row["state"], row["responsible"]) == ("queued", hers)
    written = msgspec.json.decode(row["body"])
    assert "9996 Fjordvik" in written["offentligBarn"][0]["adresse"]["adresselinje1"]
    assert written["offentligBarn"][0]["orientert"] is False and written["kommunenummer"] == "4299"


async def blocks(town: Town, child: str, **named: list[dict[str, Any]]) -> None:
    """Let the record of a child be closed: to those named, or to everybody."""
    denied: dict[str, Any] = {"type": "deny", **named}
    scope = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]}
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        await journal.create(work, {
            "resourceType": "Consent", "status": "active", "scope": scope, "category": [{"text": "Sperre"}],
            "patient": {"reference": f"Patient/{town.id(child)}"}, "policyRule": {"text": "pjl § 17"},
            "provision": denied,
        })  # fmt: skip


@pytest.mark.parametrize("who", ["hanne", "mariam"])
async def test_nothing_stands_in_its_way_and_the_writer_sees_their_own_report_and_no_more(town: Town, who: str) -> None:
    """Hanne cares for Emil and has been closed out by name; Mariam works in home care and has never met him."""
    me = await town.at_work(who)
    role = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "IRCP"}]}
    await blocks(town, EMIL, actor=[{"role": role, "reference": {"reference": (await town.at_work("hanne")).id}}])
    async with browsing(town.office, me) as page:
        assert (await page.open(f"/p/{town.id(EMIL)}")).status == 403
        first = await page.open(f"/p/{town.id(EMIL)}/bekymring")
        assert first.status == 200 and "LUNDE, Emil" in first.text
        assert "Karoliussen" not in first.html and "Astma" not in first.html
        sent = await page.send(f"/p/{town.id(EMIL)}/bekymring", **answers(do="send"))
        own = await page.open(sent.leads_to)
        assert own.status == 200 and WORRY in own.text and "Astma" not in own.text
        await caught_up(town)
        (task,) = await found(town, "Task")
        own = await page.open(f"/innboks/{task['id']}")
        assert own.status == 200 and WORRY in own.text
        assert "Astma" not in own.text and (await page.open(f"/p/{town.id(EMIL)}/samhandling")).status == 403
    (told,) = await found(town, "Communication")
    other = "mariam" if who == "hanne" else "hanne"
    async with town.office.work(await town.at_work(other), Purpose.TREATMENT) as work:
        for one in (told, task):
            with pytest.raises(Refused):
                await journal.read(work, one["resourceType"], one["id"])


def _later(town: Town) -> None:
    let_pass(town.office, timedelta(minutes=40))


async def _looks(town: Town) -> list[tuple[str, str, str]]:
    """Return what his mother reads of who looked at Emil's record, all of it until now, but herself and our own jobs."""
    _later(town)
    insight = (await show(town, await citizen(town, "ida"), "/min/innsyn", person="emil")).page.values["insight"]
    return [(one.who, one.what, one.basis) for one in insight.looks if not one.who.startswith(("Ida", "Akson"))]


async def _alerted(town: Town) -> int:
    """Return how many looks by staff somebody has been told of in letters."""
    while await gathering.turn(town.office.database, town.office.clock()):
        pass
    return int(await town.office.database.fetchval(
        "SELECT count(*) FROM alert a JOIN access_log l USING (stream, seq) "
        "WHERE l.actor_kind = 'staff' AND a.held_until IS NULL"
    ))  # fmt: skip


@pytest.mark.parametrize("ends", ["stands", "deleted", "erased"])
@pytest.mark.parametrize("who", ["hanne", "mariam"])
async def test_neither_parents_nor_the_child_learn_of_it_on_their_pages_nor_in_the_log(
    town: Town, who: str, ends: str
) -> None:
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        emil = (await journal.read(work, "Patient", town.id(EMIL))).owner
        await choosing.choose(work, emil, Choice(level="every"))
    page = (await show(town, await citizen(town, "ida"), "/min/journal", person="emil")).text
    before = await _looks(town)
    assert (await sends(town, who)).status == 303
    (told,), (task,) = await found(town, "Communication"), await found(town, "Task")
    _later(town)
    for one in (told, task) if ends != "stands" else ():
        async with town.office.work(JOB, Purpose.SYSTEM) as work:
            await journal.delete(work, one["resourceType"], one["id"])
    if ends == "erased":
        async with town.office.work(await town.at_work("jonas"), Purpose.ADMINISTRATION) as work:
            gone = [f"{one['resourceType']}/{one['id']}" for one in (told, task)]
            await erase(work, gone, Decision(ground=Ground.WRONG_PATIENT, reason="Ført på feil barn i listen"))
    assert await _looks(town) == before and await _alerted(town) == 0
    assert (await show(town, await citizen(town, "ida"), "/min/journal", person="emil")).text == page
    async with town.office.work(await citizen(town, "ida"), Purpose.OWN) as work:
        for type_ in ("Communication", "Task"):
            assert not (
                await search(work, type_, [("patient", f"Patient/{town.id(EMIL)}"), ("_security", CONCERN)])
            ).hits
        for one in (told, task):
            with pytest.raises(Refused):
                await journal.read(work, one["resourceType"], one["id"])


async def test_who_opens_the_page_and_reports_nothing_has_looked_is_told_of_later_and_sees_no_address(
    town: Town,
) -> None:
    """Told at once, the look would tell of the report that it can still become."""
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        await choosing.choose(work, (await journal.read(work, "Patient", town.id(EMIL))).owner, Choice(level="every"))
    before = await _looks(town)
    async with browsing(town.office, await town.at_work("mariam")) as page:
        shown = await page.send(f"/p/{town.id(EMIL)}/bekymring", **answers(do="look"))
    assert shown.status == 200 and WORRY in shown.text and "Emil Lunde, 20" in shown.text
    assert not any(line in shown.html for line in await _secrets(town))
    for time, told in ((timedelta(), 0), (LATER - timedelta(hours=2), 0), (timedelta(hours=2), 1)):
        let_pass(town.office, time)
        assert (len(await _looks(town)) - len(before), await _alerted(town)) == (told, told)
    (look,) = [one for one in await _looks(town) if one not in before]
    assert "Mariam" in look[0] and "barnevern" not in str(look)
    async with browsing(town.office, await town.at_work("mariam")) as page:
        assert "LUNDE, Emil" in (await page.send("/sok", q="Lunde, Emil")).text
    assert (await _looks(town)).count(
        look
    ) == 2  # in the words of any search: words of their own would tell of a report


async def _secrets(town: Town) -> list[str]:
    """Return where Emil lives, and his number."""
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        emil = (await journal.read(work, "Patient", town.id(EMIL))).resource
    return [*emil["address"][0]["line"], emil["identifier"][0]["value"]]


async def test_only_health_personnel_report_and_only_children(town: Town) -> None:
    assert (await sends(town, "siri")).status == 403
    grown = await sends(town, "hanne", "Patient/ida")
    assert grown.status == 403 and await found(town, "Communication") == []
    hidden = await sends(town, "hanne", "Patient/lena")
    unknown = await sends(town, "hanne", EMIL, mottaker="99000099")
    assert hidden.status == 404 and unknown.status == 422


@pytest.mark.parametrize(("wrong", "told"), [
    ({"telefon": "ring meg"}, "Skriv telefonnummeret"), ({"epost": "hanne"}, "Skriv en e-postadresse"),
    ({"hvorfor_barn": ""}, "Skriv hvorfor de ikke er orientert"), ({"grunn": ""}, "Må velges"),
    ({"historie": "Jeg så [dato] at"}, "[dato]"), ({"tekst": "Gjelder 14834142059 også"}, "fødselsnummer"),
])  # fmt: skip
async def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost_or_sent(
    town: Town, wrong: dict[str, str], told: str
) -> None:
    shown = await sends(town, "hanne", **wrong)
    assert shown.status == 422 and told in shown.text
    assert STORY in shown.text or "historie" in wrong
    assert await found(town, "Communication") == []


async def test_the_marks_of_a_report_are_put_and_taken_off_by_the_page_alone(town: Town) -> None:
    assert (await sends(town, "hanne")).status == 303
    (told,), hanne = await found(town, "Communication"), await town.at_work("hanne")
    kept, bare = told["meta"]["security"], {"security": told["meta"]["security"][2:]}
    new = {"resourceType": "Communication", "status": "completed", "subject": told["subject"]}
    for write in (
        lambda work: journal.update(work, told | {"meta": bare}, id_=told["id"]),
        lambda work: journal.create(work, new | {"meta": {"security": kept}}),
        lambda work: journal.delete(work, "Communication", told["id"]),
    ):
        with pytest.raises(Refused) as refused:
            async with town.office.work(hanne, Purpose.TREATMENT) as work:
                await write(work)
        assert refused.value.code in ("AK-X090", "AK-X097")


async def test_nobody_else_ends_a_report_or_sees_among_messages_that_there_is_one(town: Town) -> None:
    assert (await sends(town, "hanne")).status == 303
    row = await town.office.database.fetchrow("SELECT msg_id FROM message_out WHERE type = 'BEKYMRINGSMELDING'")
    assert row is not None
    where, let = f"/meldinger/ut/{row['msg_id']}", {"do": "by_hand", "gjort": "Det er snakket om på telefon"}
    let_pass(town.office, timedelta(hours=2))  # stuck: somebody should know
    camilla = await town.at_work("camilla")
    homes, now = (0, camilla.controller, camilla.unit), town.office.clock()
    (there,) = await outcomes.stuck(town.office.database, homes, now)  # it is of those she answers for
    assert there["msg_id"] == row["msg_id"]
    async with browsing(town.office, camilla) as page:
        listed = await page.open("/meldinger")
        assert listed.status == 200 and where not in listed.html
        assert (await page.open(where)).status == 404 and (await page.send(where, **let)).status == 404
    hanne = await town.at_work("hanne")
    async with town.office.work(hanne, Purpose.TREATMENT) as work:
        sent = await following.find(work, row["msg_id"], content=True)
        await following.by_hand(work, sent, "Meldt på telefon i stedet")
