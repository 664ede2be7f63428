"""The citizen's log: who, when, what and why, in plain Norwegian, and nothing about anybody else."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from akson.audit.log import AccessLog
from akson.audit.view import MOST, Looks, in_words, looked_at, looked_at_by
from akson.base.database import Database
from tests.audit.looks import ASTRID, DAUGHTER, DOCTOR, HERSELF, KARI, NOW, NURSE, look, saw

LATER = NOW + timedelta(days=9)
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def log(database_url: str):
    log = AccessLog(database_url)
    yield log
    await log.close()


async def seen(db: Database, patient: int = ASTRID, limit: int = 200) -> Looks:
    return await looked_at(db, patient, LATER, limit)


async def test_looks_close_to_each_other_are_one_visit(log: AccessLog, db: Database) -> None:
    await log.write(look(saw("page oversikt"), saw("Observation/x/_history/1")))
    await log.write(look(saw("search Observation code"), saw("POST Composition/y"), at=NOW + 20 * MINUTE))
    await log.write(look(saw("page oversikt", basis="fastlegeliste"), actor=DOCTOR, at=NOW + 25 * MINUTE))
    await log.write(look(at=NOW + 90 * MINUTE))
    visits = (await seen(db)).visits
    assert [(v.who, v.begun, v.ended) for v in visits] == [
        ("Mariam Yusuf", NOW + 90 * MINUTE, NOW + 90 * MINUTE), ("Jonas Eikeland", NOW + 25 * MINUTE, NOW + 25 * MINUTE),
        ("Mariam Yusuf", NOW, NOW + 20 * MINUTE),
    ]  # fmt: skip
    assert visits[2].did == ("leste oversikten", "leste målinger og funn", "skrev notater")
    assert (visits[1].role, visits[1].unit, visits[1].why) == ("fastlege", "Nordre legesenter", ("fastlegeliste",))


async def test_what_others_in_the_same_answer_were_seen_is_not_told(log: AccessLog, db: Database) -> None:
    await log.write(look(saw("Observation/x/_history/1"), saw("Condition/y/_history/1", KARI)))
    assert (await seen(db)).visits[0].did == ("leste målinger og funn",)
    assert (await seen(db, KARI)).visits[0].did == ("leste problemer og diagnoser",)
    assert (await seen(db, 5)).visits == ()


async def test_refused_attempts_are_told_and_so_is_the_reason_of_an_opening(log: AccessLog, db: Database) -> None:
    await log.write(look(saw("Patient/a chart", outcome="refuse", basis=""), outcome="refuse"))
    await log.write(look(saw("Patient/a chart", basis="nødåpning"), at=NOW + MINUTE, reason="Fall hjemme"))
    opened, refused = (await seen(db)).visits
    assert (refused.refused, refused.did, refused.why) == (True, ("prøvde å åpne journalen, men ble stoppet",), ())
    assert (opened.refused, opened.did, opened.why, opened.reason) == (
        False, ("åpnet journalen",), ("nødåpning",), "Fall hjemme")  # fmt: skip


async def test_a_visit_with_two_reasons_tells_both(log: AccessLog, db: Database) -> None:
    for minute, reason in enumerate(("Møtt i resepsjonen", "", "Fant riktig mottaker", "Møtt i resepsjonen")):
        await log.write(look(at=NOW + minute * MINUTE, reason=reason))
    assert [visit.reason for visit in (await seen(db)).visits] == ["Møtt i resepsjonen; Fant riktig mottaker"]


async def test_an_opening_is_told_as_one_and_not_as_a_consent(log: AccessLog, db: Database) -> None:
    await log.write(look(saw("POST Consent/x", rule="may_open_with_reason"), saw("Task/y/_history/1")))
    assert (await seen(db)).visits[0].did == ("åpnet journalen selv", "leste oppgaver")


async def test_the_citizens_own_looks_are_marked_and_the_daughters_are_not(log: AccessLog, db: Database) -> None:
    await log.write(look(saw("page min", basis="egen journal"), actor=HERSELF))
    await log.write(look(saw("page min", basis="fullmakt"), actor=DAUGHTER, at=NOW + MINUTE))
    assert [(v.who, v.own) for v in (await seen(db)).visits] == [("Kari Vik", False), ("Astrid Marie Nordli", True)]


async def test_the_log_is_read_page_by_page(log: AccessLog, db: Database) -> None:
    for hour in range(5):
        await log.write(look(at=NOW + timedelta(hours=hour), actor=NURSE))
    first = await seen(db, limit=3)
    assert len(first.visits) == 3 and first.before is not None
    second = await looked_at(db, ASTRID, first.before, 3)
    assert [v.begun for v in (*first.visits, *second.visits)] == [NOW + timedelta(hours=h) for h in (4, 3, 2, 1, 0)]
    assert second.before is None


async def test_a_page_never_ends_within_an_instant(log: AccessLog, db: Database) -> None:
    for actor in (NURSE, DOCTOR, DAUGHTER):
        await log.write(look(actor=actor))
    assert len((await seen(db, limit=2)).visits) == 3


async def test_what_is_not_told_hides_no_older_look_by_the_same_person(log: AccessLog, db: Database) -> None:
    """The look asked about is older than what is read at once of a busy day, six looks in each instant of it."""
    await log.write(look(saw("page oversikt")))
    day = [look(saw(f"Task/{n % 6}"), at=NOW + timedelta(hours=1, seconds=n // 6)) for n in range(MOST + 200)]
    await asyncio.gather(*(log.write(row) for row in day))
    ever = ((NOW, LATER),)
    for told, visits in ((0, 1), (1, 2)):
        unseen = {f"Task/{n}": ever for n in range(told, 6)}
        found = await looked_at_by(db, ASTRID, NURSE.id, (NOW, LATER), unseen=unseen)
        assert len(found) == visits and found[-1].did == ("leste oversikten",)
    (busy,) = await looked_at_by(db, ASTRID, NURSE.id, (NOW, LATER))  # no more of them than this, and whole instants
    assert busy.ended == day[-1].at and busy.begun == NOW + timedelta(hours=1, seconds=200 // 6)


@pytest.mark.parametrize(("what", "words"), [
    ("page oversikt", "leste oversikten"),
    ("page oversikt/skriv-ut", "leste oversikten"),
    ("page noe-nytt", "åpnet en side i journalen"),
    ("search identity name,birthdate", "fant navnet i et søk"),
    ("search Observation,Condition code", "leste målinger og funn og problemer og diagnoser"),
    ("search", "leste opplysninger i journalen"),
    ("Observation/x/_history/3", "leste målinger og funn"),
    ("Observation/x/_history", "leste historikken til målinger og funn"),
    ("Patient/x chart", "åpnet journalen"),
    ("DELETE Condition/x", "slettet problemer og diagnoser"),
    ("MolecularSequence/x/_history/1", "leste opplysninger i journalen"),
    ("", "leste opplysninger i journalen"),
])  # fmt: skip
def test_what_was_done_is_told_in_plain_words(what: str, words: str) -> None:
    assert in_words(what) == words
