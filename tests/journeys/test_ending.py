"""A record whose time is over: the doctor on call decides, the chief doctor confirms, and it is gone for good."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from akson.base.work import Purpose
from akson.patient.cases import JOB
from akson.record import ending, journal
from akson.record.office import Office
from seeds.staff import SARA
from tests.journeys.journey import Journey

pytestmark = pytest.mark.journey
LONG_AGO = datetime(1999, 4, 1, 9, 0, tzinfo=UTC)


async def somebody_was_here_long_ago(office: Office) -> None:
    """Let somebody have been to the legevakt once, and the job have looked at everybody."""
    now = office.clock()
    sara = (await office.register.staff(SARA.fnr.value, now, "demo:4"))[0]
    office.clock = lambda: LONG_AGO
    async with office.work(JOB, Purpose.SYSTEM) as work:
        name = [{"family": "Holmsund", "given": ["Peder"]}]
        person = await journal.create(work, {"resourceType": "Patient", "name": name, "birthDate": "1921-05-02"})
        about = {"reference": person.reference}
        await journal.create(work, {
            "resourceType": "EpisodeOfCare", "status": "active", "patient": about,
            "managingOrganization": {"reference": sara.unit_id}, "period": {"start": "1999-04-01", "end": "1999-04-02"},
        })  # fmt: skip
    async with office.work(sara, Purpose.TREATMENT) as work:
        await journal.create(work, {"resourceType": "Condition", "subject": about, "code": {"text": "Forstuet fot"}})
    office.clock = lambda: now
    after = ending.FIRST
    while (after := await ending.propose(office, after, now)) != ending.FIRST:
        pass


async def the_job_erases(office: Office) -> None:
    await ending.carry_out(office)  # unless the worker has come to it already


def test_en_journal_fra_1999_slettes_av_to(journey: Journey) -> None:
    journey.town.at_the_office(somebody_was_here_long_ago)
    sara = journey.as_("Sara Nygård").open("Krav").open("Lagringstiden er ute")
    sara.sees("Peder Holmsund, født 1921, lever", "Lagringstiden etter siste oppføring er ute", "1 oppføring").sees_not(
        "Forstuet"
    )
    sara.choose("Slettes, når en annen").fill("Begrunnelse", "Ingen har bruk for dette lenger")
    sara.press("Lagre avgjørelsen").sees("Velg minst én journal").choose("Peder Holmsund").press("Lagre avgjørelsen")
    sara.sees("Nå må en annen bekrefte", "Du har avgjort dette").sees_not("Lagre svaret")

    gunnar = journey.as_("Gunnar Falk", width=390).go("/lagringstid").sees("Sara Nygård, lege i vakt, i dag")
    gunnar.choose("Peder Holmsund").choose("Ja, slett dem for godt").fill("Begrunnelse", "Enig med Sara")
    gunnar.press("Lagre svaret").sees("Det er bekreftet", "Bekreftet og slettes nå")
    journey.town.at_the_office(the_job_erases)
    gunnar.go("/lagringstid").sees("Ingen journaler venter", "Slettet ", "1 oppføring").sees_not("Holmsund")
