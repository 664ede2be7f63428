"""The hospital as a program: what it writes of a stay is filed here, what follows a discharge comes by itself, in time."""

from __future__ import annotations

from argparse import Namespace
from datetime import datetime
from typing import Any

import httpx
import pytest

from akson.exchange import addresses, delivery, inbox
from akson.exchange.addresses import Address
from akson.exchange.messages.apprec import Status
from akson.exchange.nodes import OSLO
from akson.exchange.opening import opened
from akson.record.office import Office
from peers import hospital as program
from peers.hospital import NAMES, Errand, Hospital
from peers.illnesses import BONES, HEART, ILLNESSES, LABORATORY
from peers.mailbox import opened as store
from tests.exchange.letters import ASTRID, NORDRE
from tests.exchange.places import Places, make
from tests.exchange.test_letters_out import bytes_of, goes, welcomed

ADMITTED, LEFT, REPORT, ANSWER, DISCHARGE = (
    "LOG_INNLAGT", "LOG_UTSKREVET", "UTSKRIVNINGSRAPPORT", "SVAR_LAB", "EPIKRISE",
)  # fmt: skip
HOME_CARE = 99000014


@pytest.fixture
async def hospital() -> Any:
    """The hospital with somebody on the line who takes all that is posted; what that was lies in `took`."""
    took: list[httpx.Request] = []

    def takes(request: httpx.Request) -> httpx.Response:
        took.append(request)
        return httpx.Response(202)

    async with httpx.AsyncClient(transport=httpx.MockTransport(takes)) as client:
        made = Hospital(akson_url="http://akson.test", secret="s", store=store(":memory:"), client=client, place=HEART,
                        pace=1000.0)  # fmt: skip
        made.took = took  # type: ignore[attr-defined]
        yield made


def told(hospital: Any) -> list[tuple[str, int, int]]:
    """Return what has been posted: the type, who wrote it, and to whom."""
    envelopes = [opened(request.content).envelope for request in hospital.took]
    return [(one.type.value, one.sender.her_id, one.receiver.her_id) for one in envelopes]


async def files(places: Places, hospital: Any) -> list[str]:
    """Let what has been posted in; return the faults."""
    wards = [Address(her_id=one.her_id, name=one.name, ours=False, parent=one.parent) for one in (BONES, LABORATORY)]
    await addresses.put(places.office.database, wards)
    for request in hospital.took:
        sender = int(request.headers["x-from-her-id"])
        await inbox.keep(places.office.database, request.content, now=places.office.clock(), envelope_from=sender)
    await delivery.receive_due(places.office)
    return [row["fault_code"] for row in await places.rows("SELECT fault_code FROM message_in ORDER BY received_at")]


@pytest.mark.parametrize("illness", ILLNESSES)
@pytest.mark.parametrize("kind", NAMES)
async def test_every_message_it_writes_is_filed_here(office: Office, hospital: Any, kind: str, illness: str) -> None:
    places = await make(office)
    hospital.tell(Errand(kind, fnr=ASTRID, family="Nordli", given="Astrid", text="Går <godt> & vel."), illness=illness)
    await hospital.post_due()
    assert await files(places, hospital) == [""]
    (message,), (task,) = await places.found("Communication"), await places.found("Task")
    assert message["subject"] == task["for"] == {"reference": places.astrid.reference}
    said = "\n".join(part.get("contentString", "") for part in message["payload"])
    assert ("Går <godt> & vel." in said) is not kind.startswith("LOG_")


async def test_an_epikrise_tells_of_the_stay_and_proposes_what_the_gp_can_take_in(
    office: Office, hospital: Any
) -> None:
    places = await make(office)
    for kind in (ADMITTED, LEFT):
        hospital.tell(Errand(kind, fnr=ASTRID, to=HOME_CARE))
    hospital.plans.clear()
    hospital.tell(Errand(DISCHARGE, fnr=ASTRID))
    await hospital.post_due()
    hospital.took = hospital.took[-1:]
    assert await files(places, hospital) == [""]
    (message,), (proposed,) = await places.found("Communication"), await places.found("List")
    said, today = (
        "\n".join(part.get("contentString", "") for part in message["payload"]),
        f"{datetime.now(OSLO):%d.%m.%Y}",
    )
    for words in (f"Inn: {today}", f"Ut: {today}", "Brudd i lårhals (S72.0)", "Falt hjemme og brakk lårhalsen.",
                  "Fragmin inj 5000 IE, 1 sprøyte daglig i fire uker", "Anbefalt å slutte å innta"):  # fmt: skip
        assert words in said, (words, said)
    drafts = [(each["resourceType"], each.get("code", each.get("medicationCodeableConcept"))["coding"][0]["code"])
              for each in proposed["contained"]]  # fmt: skip
    assert drafts == [("Condition", "S72.0"), ("MedicationStatement", "N02BE01"), ("MedicationStatement", "B01AB04")]


async def test_answers_of_the_laboratory_are_results_with_their_limits(office: Office, hospital: Any) -> None:
    places = await make(office)
    hospital.tell(Errand(ANSWER, fnr=ASTRID), illness="hjertesvikt")
    await hospital.post_due()
    assert await files(places, hospital) == [""]
    (report,), results = await places.found("DiagnosticReport"), await places.found("Observation")
    assert (report["status"], len(report["result"])) == ("final", len(results))
    found = {one["code"]["text"]: one for one in results}
    assert found["P-Kalium"]["interpretation"][0]["coding"][0]["code"] == "H"
    assert found["P-Kalium"]["effectiveDateTime"] < report["issued"]
    assert found["P-Kreatinin"]["referenceRange"][0]["high"]["value"] == 90


async def test_when_somebody_has_gone_home_the_rest_is_written_in_its_time_and_by_whom_it_should(hospital: Any) -> None:
    hospital.tell(Errand(ADMITTED, fnr=ASTRID, to=HOME_CARE), illness="hoftebrudd")
    hospital.tell(Errand(LEFT, fnr=ASTRID, to=HOME_CARE), gp=NORDRE.her_id)
    await hospital.post_due()
    ward = [(kind, BONES.her_id, HOME_CARE) for kind in (ADMITTED, LEFT)]
    assert told(hospital) == ward
    hospital.plans = [(at - 1500.0, asked) for at, asked in hospital.plans]  # one pace has passed
    await hospital.post_due()
    assert told(hospital)[2:] == [(REPORT, BONES.her_id, HOME_CARE)]
    hospital.plans = [(at - 2000.0, asked) for at, asked in hospital.plans]
    await hospital.post_due()
    assert told(hospital)[3:] == [
        (ANSWER, LABORATORY.her_id, NORDRE.her_id), (DISCHARGE, BONES.her_id, NORDRE.her_id)
    ]  # fmt: skip
    assert hospital.plans == [] and hospital.is_empty()


async def test_without_a_gp_only_those_who_take_somebody_home_are_told(hospital: Any) -> None:
    hospital.tell(Errand(LEFT, fnr=ASTRID, to=HOME_CARE))
    assert [asked.kind for _, asked in hospital.plans] == [REPORT]


@pytest.mark.parametrize("kind", [DISCHARGE, ANSWER])
@pytest.mark.parametrize(("mood", "posted", "fault"), [("dobbel", 2, ""), ("uleselig", 1, "T01"), ("vanlig", 1, "")])
async def test_its_moods_count_for_these_too(
    office: Office, hospital: Any, kind: str, mood: str, posted: int, fault: str
) -> None:
    places, hospital.mood = await make(office), mood
    hospital.tell(Errand(kind, fnr=ASTRID))
    assert await hospital.post_due() == posted
    assert await files(places, hospital) == [fault]
    assert len(await places.found("Communication")) == (not fault)


@pytest.mark.parametrize(("mood", "status"), [("vanlig", Status.OK), ("feilkode", Status.REJECTED), ("taus", None)])
async def test_an_epikrise_of_ours_is_answered_as_any_message_is(
    office: Office, hospital: Any, mood: str, status: Status | None
) -> None:
    places = await welcomed(office)
    sent = await goes(places, DISCHARGE)
    hospital.mood, hospital.delay = mood, 0.0
    hospital.receive(await bytes_of(places))
    await hospital.post_due()
    (came,) = hospital.letters()
    assert (came["kind"], came["patient"], came["text"]) == (DISCHARGE, ASTRID, "Tungpust i trapper.")
    receipts = [opened(request.content).receipt for request in hospital.took]
    assert [one.status for one in receipts if one] == ([status] if status else [])
    assert all(one.original.msg_id == sent.resource["identifier"][0]["value"] for one in receipts if one)


async def test_the_command_line_sends_a_discharge_with_all_that_follows(hospital: Any) -> None:
    wanted = Namespace(kind=LEFT, send=ASTRID, title="", text="", to=HOME_CARE, illness="hjertesvikt", gp=NORDRE.her_id)
    hospital.pace = 0.0
    assert await program._send(hospital, wanted)
    assert [kind for kind, _, _ in told(hospital)] == [LEFT, REPORT, ANSWER, DISCHARGE]
