"""Whose records a citizen may open, as the journal's facts tell it."""

from __future__ import annotations

from akson.base.work import Purpose
from akson.record import journal
from akson.record.office import Office
from akson.record.represented import represented
from akson.record.session import session
from tests.offices import FNR, JOB, citizen, patient, unit

MOTHER = "08849700422"


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


async def test_the_controller_is_who_answers_for_the_unit_that_gives_care(office: Office) -> None:
    place = await unit(office, "Fjordvik kommune")
    person = await patient(office, at=place)
    async with office.work(citizen(person), Purpose.OWN) as work:
        assert [one.controller for one in await represented(work)] == ["Fjordvik kommune"]
