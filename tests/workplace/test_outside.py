"""Letters to a school or PPT: on a consent that is written down, whichever way they are sent."""

from __future__ import annotations

from typing import Any

import pytest

import seeds
from akson.base.errors import Refused
from akson.base.work import Purpose
from akson.doors.seeding import address_of
from akson.exchange import addresses, following, sending
from akson.record import journal
from akson.record.search.searching import search
from tests.offices import JOB
from tests.portal.pages import citizen, show
from tests.seeded import Town
from tests.workplace.browsing import Shown, browsing

PPT, SCHOOL = "99000022", "99000023"
TEXT = "Han hører dårlig på venstre øre og bør sitte foran."


@pytest.fixture(autouse=True)
async def listed(town: Town) -> None:
    """The address register of the demo."""
    told = [address_of(town.office, one, town.names, 8000) for one in seeds.addresses()]
    await addresses.put(town.office.database, told)


async def writes(town: Town, consent: str, child: str = "Patient/emil", **more: str) -> Shown:
    asked = {
        "mottaker": PPT,
        "emne": "Hørsel",
        "tekst": TEXT,
        "samtykke": consent,
        "hva": "Hørselsprøven",
        "do": "send",
    }
    async with browsing(town.office, await town.at_work("hanne")) as hanne:
        return await hanne.send(f"/p/{town.id(child)}/samhandling/skole", **asked | more)


async def consents(town: Town) -> list[dict[str, Any]]:
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        return [hit.resource for hit in (await search(work, "Consent", [("_security", "consent-to-tell")])).hits]


async def mother(town: Town, child: str = "emil", named: str = "Ida Karoliussen") -> str:
    """Return the choice that names one who decides for a child, as the page has it."""
    async with browsing(town.office, await town.at_work("hanne")) as hanne:
        page = (await hanne.open(f"/p/{town.id(f'Patient/{child}')}/samhandling/skole")).html
    before, there, _ = page.partition(f">{named}</option>")
    return before.rpartition('value="')[2].partition('"')[0] if there else ""


async def test_nothing_leaves_without_a_consent_and_what_was_consented_to_is_written_with_the_letter(
    town: Town,
) -> None:
    none = await writes(town, "gjelder")
    assert none.status == 422 and "får bare opplysninger som det er samtykket til" in none.text and TEXT in none.html
    unsaid = await writes(town, await mother(town), hva="")
    assert unsaid.status == 422 and "Skriv hva det er samtykket til" in unsaid.text and await consents(town) == []
    assert (await writes(town, await mother(town), do="look")).status == 200 and await consents(town) == []
    assert (await writes(town, await mother(town))).status == 303
    (consent,) = await consents(town)
    assert consent["performer"][0]["display"] == "Ida Karoliussen" and consent["category"][0]["text"] == "Hørselsprøven"
    assert (await writes(town, "gjelder", hva="")).status == 303 and len(await consents(town)) == 1
    assert (await writes(town, "gjelder", mottaker=SCHOOL)).status == 422  # it was to PPT
    assert [row["receiver"] for row in await town.office.database.fetch("SELECT receiver FROM message_out")] == [
        int(PPT)
    ] * 2


async def test_a_consent_that_is_taken_back_ends_it_and_so_it_does_for_every_other_way_to_send(town: Town) -> None:
    assert (await writes(town, await mother(town))).status == 303
    (consent,), hanne = await consents(town), await town.at_work("hanne")
    letter = {"resourceType": "Communication", "subject": {"reference": f"Patient/{town.id('Patient/emil')}"},
              "payload": [{"contentString": TEXT}]}  # fmt: skip
    async with town.office.work(hanne, Purpose.TREATMENT) as work:
        await sending.send(work, letter, to=int(PPT))
        await journal.update(work, consent | {"status": "inactive"}, id_=consent["id"])
    with pytest.raises(Refused) as refused:
        async with town.office.work(hanne, Purpose.TREATMENT) as work:
            await sending.send(work, letter, to=int(PPT))
    assert refused.value.code == "AK-X093"
    assert (await writes(town, "gjelder")).status == 422


async def test_a_consent_counts_while_it_permits_and_while_who_gave_it_decides_and_for_what_is_sent_again(
    town: Town,
) -> None:
    assert (await writes(town, await mother(town))).status == 303
    await town.office.database.execute("UPDATE message_out SET state = 'failed'")
    hanne, (row,) = await town.at_work("hanne"), await town.office.database.fetch("SELECT msg_id FROM message_out")
    (given,) = await consents(town)

    async def again() -> str:
        """Return what is said to who writes, and to who sends again."""
        told = (await writes(town, "gjelder")).status
        with pytest.raises((Refused, ZeroDivisionError)) as stopped:
            async with town.office.work(hanne, Purpose.TREATMENT) as work:
                await following.send_again(
                    work, await following.find(work, row["msg_id"], content=True), "Prøver igjen"
                )
                _ = 1 // 0  # it would go, and is not to
        return f"{told} {getattr(stopped.value, 'code', 'goes')}"

    async def change(consent: dict[str, Any]) -> None:
        async with town.office.work(JOB, Purpose.SYSTEM) as work:  # staff may write no refusal that reads as a block
            await journal.update(work, consent, id_=consent["id"])

    assert await again() == "303 goes"
    provision = given["provision"]
    own = {"performer": [{"reference": f"Patient/{town.id('Patient/emil')}"}]}
    for changed in ({"provision": provision | {"type": "deny"}}, own,
                    {"provision": provision | {"period": {"start": "2026-01-01", "end": "2026-02-01"}}}):  # fmt: skip
        await change(given | changed)
        assert (changed, await again()) == (changed, "422 AK-X093")
    await change(given)
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        emil = (await journal.read(work, "Patient", town.id("Patient/emil"))).resource
        await journal.update(work, {**emil, "birthDate": "2010-11-01"}, id_=emil["id"])
    assert await again() == "422 AK-X093"  # he is 16: what his mother said carries nothing on
    assert await mother(town) == "" != await mother(town, named="Emil Lunde")
    await change(given | own)
    assert await again() == "303 goes"


async def test_from_16_it_is_the_youths_own_and_before_that_it_is_not(town: Town) -> None:
    assert await mother(town, named="Emil Lunde") == "" != await mother(town, named="Ola Lunde")
    async with browsing(town.office, await town.at_work("jonas")) as jonas:
        grown = (await jonas.open(f"/p/{town.id('Patient/astrid')}/samhandling/skole")).html
    assert "Astrid Marie Nordli</option>" in grown


async def test_who_decides_reads_to_whom_it_was_told(town: Town) -> None:
    assert (await writes(town, await mother(town))).status == 303
    await town.office.database.execute("UPDATE message_out SET state = 'sent', sent_at = created_at")
    assert "PPT Fjordvik" in (await show(town, await citizen(town, "ida"), "/min/innsyn", person="emil")).text
