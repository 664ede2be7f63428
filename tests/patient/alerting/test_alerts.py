"""Citizens are told that somebody looked: at their own level, by a real mail server, in words that tell nothing."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from akson.base.work import Actor, Purpose
from akson.patient import identity, stopping
from akson.patient.alerting import choosing, gathering, letters
from akson.patient.alerting.choosing import Choice
from akson.patient.alerting.letters import Ways
from akson.patient.openings import open_in_emergency, open_with_reason
from akson.record import journal, releasing
from seeds.citizens.astrid import ASTRID
from tests.offices import JOB, let_pass
from tests.portal.pages import citizen
from tests.seeded import Town
from tests.smtp import Letter, Peer

MAIL = "astrid@eksempel.example"
SOON = gathering.SOON + timedelta(seconds=1)
DAY = timedelta(days=1)


def later(town: Town, time: timedelta = SOON) -> None:
    let_pass(town.office, time)


async def chooses(town: Town, level: str, way: str = "mail", address: str = MAIL, *, key: str = "astrid") -> Actor:
    person = await citizen(town, key)
    async with town.office.work(person, Purpose.OWN) as work:
        await choosing.choose(work, person.key, Choice(level=level, way=way, address=address))
    later(town)
    return person


async def looks(town: Town, key: str, *, times: int = 1) -> None:
    async with town.office.work(await town.at_work(key), Purpose.TREATMENT) as work:
        for _ in range(times):
            await journal.chart(work, town.id("Patient/astrid"), {"Condition": 5})


async def searches(town: Town, key: str) -> None:
    """Find Astrid alone, and leave her record closed."""
    async with town.office.work(await town.at_work(key), Purpose.TREATMENT) as work:
        assert len((await identity.find(work, ASTRID.fnr.value))[0]) == 1


async def lists(town: Town, key: str, *more: str) -> None:
    """Let an app show Astrid and somebody else; more: what else it did."""
    async with town.office.work(await town.at_work(key), Purpose.TREATMENT, screen="FHIR transaction") as work:
        work.saw(await owner(town) + 1, "Patient/x/_history/1")
        for what in ("Patient/astrid/_history/1", *more):
            work.saw(await owner(town), what)


async def reads_by_id(town: Town, key: str) -> None:
    await lists(town, key, "Patient/astrid read")


async def refused(town: Town, key: str) -> None:
    async with town.office.work(await town.at_work(key), Purpose.TREATMENT) as work:
        work.saw(await owner(town), "page oversikt", outcome="refuse")


async def emergency(town: Town, key: str = "sara") -> None:
    async with town.office.work(await town.at_work(key), Purpose.EMERGENCY) as work:
        await open_in_emergency(work, town.id("Patient/astrid"), reason="Falt om, svarer ikke", danger=True)


async def with_reason(town: Town, key: str = "sara") -> None:
    async with town.office.work(await town.at_work(key), Purpose.TREATMENT) as work:
        await open_with_reason(work, town.id("Patient/astrid"), template="B2", reason="Datteren ringer om tung pust")


async def owner(town: Town) -> int:
    return (await citizen(town, "astrid")).key


async def gathered(town: Town) -> list[str]:
    """Let the log be read; return what sorts of looks Astrid is told of, in order."""
    while await gathering.turn(town.office.database, town.office.clock()):
        pass
    found = await town.office.database.fetch("SELECT kind FROM alert ORDER BY at, seq")
    return [row["kind"] for row in found]


async def told(town: Town, peer: Peer, after: timedelta = SOON) -> list[Letter]:
    """Let time pass and the worker work; return every letter so far."""
    await gathered(town)
    later(town, after)
    while await letters.turn(town.office, Ways(post=peer.post(), sms_domain="sms.example")):
        pass
    return peer.letters


CASES: list[tuple[str, list[Any], list[str]]] = [
    ("none", [emergency, with_reason, looks], []),
    ("opened", [looks, refused, with_reason, emergency], ["opened", "emergency"]),
    ("new", [looks, looks, refused], ["new"]),
    ("new", [refused, looks], ["new"]),
    ("every", [looks, looks, refused], ["every"] * 3),
    ("every", [searches], []),
    ("every", [lists, reads_by_id], ["every"]),
    ("new", [reads_by_id, looks], ["new"]),
    ("new", [searches, looks], ["new"]),
]


@pytest.mark.parametrize(("level", "done", "kinds"), CASES)
async def test_one_is_told_of_what_one_has_chosen(town: Town, level: str, done: list[Any], kinds: list[str]) -> None:
    await chooses(town, level)
    for one in done:
        await (one(town) if one in (emergency, with_reason) else one(town, "jonas"))
        later(town)
    assert await gathered(town) == kinds
    assert await gathered(town) == kinds  # and once


async def test_nobody_is_told_of_their_own_looks_or_of_those_before_they_chose(town: Town) -> None:
    await looks(town, "jonas")
    later(town)
    astrid = await chooses(town, "every")
    async with town.office.work(astrid, Purpose.OWN) as work:
        await journal.chart(work, town.id("Patient/astrid"), {"Condition": 5})
    async with town.office.work(JOB, Purpose.SYSTEM) as work:  # what Akson does itself is nobody's look
        await journal.chart(work, town.id("Patient/astrid"), {"Condition": 5})
    assert await gathered(town) == []
    await looks(town, "jonas")
    assert await gathered(town) == ["every"]


async def test_at_work_too_ones_own_attempt_is_no_look_of_another(town: Town) -> None:
    """Jonas works here and is a resident: what he tries at work with his own record he knows."""
    jonas = await town.at_work("jonas")
    number = await town.office.database.fetchval(
        "SELECT value FROM person_identifier WHERE owner = $1 LIMIT 1", jonas.key
    )
    fnr = {"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": number}
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        himself = (await journal.create(work, {"resourceType": "Patient", "identifier": [fnr]})).owner
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        await choosing.choose(work, himself, Choice(level="every"))
    later(town)
    for key in ("jonas", "tommy"):
        async with town.office.work(await town.at_work(key), Purpose.TREATMENT) as work:
            work.saw(himself, "page oversikt", outcome="refuse")
    assert await gathered(town) == ["every"]


async def test_an_emergency_is_told_at_once_and_the_rest_at_most_once_a_day(town: Town) -> None:
    await chooses(town, "every")
    async with Peer.open() as peer:
        await emergency(town)
        assert len(await told(town, peer, after=timedelta())) == 1
        for _ in range(3):
            await looks(town, "jonas")
            later(town, timedelta(hours=1))
        assert len(await told(town, peer)) == 1  # within a day
        assert len(await told(town, peer, after=DAY)) == 2  # one for all of them
        await emergency(town, "sara")
        assert len(await told(town, peer, after=timedelta())) == 3
        assert len(await told(town, peer, after=3 * DAY)) == 3


async def test_the_letter_tells_nothing_but_to_sign_in(town: Town) -> None:
    await chooses(town, "every")
    async with Peer.open() as peer:
        await emergency(town)
        (letter,) = await told(town, peer)
        assert (letter.to, letter.message["Subject"]) == (MAIL, "Akson")
        assert letter.text == "Det er noe nytt i Akson. Logg inn for å se det."
        everything = letter.message.as_string().replace(MAIL, "")
        names = [
            await town.office.database.fetchval("SELECT id FROM resource WHERE owner = $1 LIMIT 1", await owner(town))
        ]
        names += [str(await owner(town)), "Astrid", "Nordli", "Sara", "legevakt", "Nordre", "http", "Falt"]
        assert [name for name in names if name.lower() in everything.lower()] == []


async def test_a_text_message_goes_to_the_operators_address_for_the_number(town: Town) -> None:
    await chooses(town, "new", "sms", "4790000000")
    async with Peer.open() as peer:
        await looks(town, "jonas")
        assert [one.to for one in await told(town, peer)] == ["4790000000@sms.example"]


async def test_a_server_that_is_away_for_a_day_loses_nothing(town: Town) -> None:
    await chooses(town, "opened")
    async with Peer.open() as peer:
        await peer.go()
        await emergency(town)
        for _ in range(24):
            assert await told(town, peer, after=timedelta(hours=1)) == []
        await peer.come()
        peer.busy = True
        assert await told(town, peer, after=timedelta(hours=1)) == []
        peer.busy = False
        assert len(await told(town, peer, after=timedelta(hours=2))) == 1
        assert len(await told(town, peer, after=DAY)) == 1
        assert await letters.unsent(town.office.database) == {"letters": 0, "letters given up": 0}


@pytest.mark.parametrize(("why", "after"), [("address", timedelta()), ("time", timedelta(days=4))])
async def test_what_cannot_be_told_is_given_up_and_said_so(town: Town, why: str, after: timedelta) -> None:
    astrid = await chooses(town, "opened")
    async with Peer.open() as peer:
        peer.refused, peer.busy = {MAIL} if why == "address" else set(), why == "time"
        await emergency(town)
        await told(town, peer, after=timedelta())
        await told(town, peer, after=after)
        peer.refused, peer.busy = set(), False
        assert await told(town, peer, after=DAY) == []
    async with town.office.work(astrid, Purpose.OWN) as work:
        last = await choosing.last(work, astrid.key)
    assert last and (last.sent, last.failed) == (None, why)


async def test_a_worker_killed_between_sending_and_noting_sends_the_same_letter_again(town: Town) -> None:
    """The server has taken it when the worker dies: what comes again bears the same name, and is the same letter."""
    await chooses(town, "opened")
    await emergency(town)
    await gathered(town)
    async with Peer.open() as peer:
        worker = asyncio.create_task(letters.turn(town.office, Ways(post=peer.post())))
        peer.taken = worker.cancel
        with pytest.raises(asyncio.CancelledError):
            await worker
        assert len(peer.letters) == 1
        peer.taken = lambda: None
        assert len(await told(town, peer, after=timedelta(seconds=30))) == 1  # it is still leased
        first, again = await told(town, peer, after=letters.LEASE)
        assert first.name == again.name and first.message.as_bytes() == again.message.as_bytes()
        assert len(await told(town, peer, after=DAY)) == 2


async def test_two_workers_send_a_letter_once(town: Town) -> None:
    await chooses(town, "opened")
    await emergency(town)
    async with Peer.open() as peer:
        now, ways = town.office.clock(), Ways(post=peer.post())
        await asyncio.gather(*(gathering.turn(town.office.database, now) for _ in range(4)))
        assert await gathered(town) == ["emergency"]
        await asyncio.gather(*(letters.turn(town.office, ways) for _ in range(4)))
        assert len(peer.letters) == 1


@pytest.mark.parametrize("change", ["stopped", "none", "inbox", "dead"])
async def test_who_may_not_be_told_any_more_is_not(town: Town, change: str) -> None:
    """Between the look and the letter somebody takes the access away, chooses anew, or dies."""
    astrid = await chooses(town, "every")
    await looks(town, "jonas")
    async with Peer.open() as peer:
        await gathered(town)
        if change == "stopped":
            async with town.office.work(astrid, Purpose.OWN) as work:
                await stopping.stop(work)
        elif change == "dead":
            async with town.office.work(JOB, Purpose.SYSTEM) as work:
                person = await journal.read(work, "Patient", town.id("Patient/astrid"))
                dead = {**person.resource, "deceasedBoolean": True}
                await journal.update(work, dead, id_=person.id, if_match=person.version)
        else:
            await chooses(town, "none" if change == "none" else "every", "inbox", "")
        assert await told(town, peer, after=DAY) == []
        assert await letters.unsent(town.office.database) == {"letters": 0, "letters given up": 0}


async def writes(town: Town, key: str, *, held: timedelta | None = None) -> str:
    """Write a note about Astrid, that she sees after a while; return its id."""
    note: dict[str, Any] = {"resourceType": "DocumentReference", "status": "current", "content": [{"attachment": {"title": "Svar"}}],
                            "subject": {"reference": f"Patient/{town.id('Patient/astrid')}"}}  # fmt: skip
    async with town.office.work(await town.at_work(key), Purpose.TREATMENT) as work:
        note = releasing.until(note, work.now + held, "tell") if held else note
        return (await journal.create(work, note)).id


async def reads(town: Town, key: str, *ids: str) -> None:
    async with town.office.work(await town.at_work(key), Purpose.TREATMENT) as work:
        for id_ in ids:
            await journal.read(work, "DocumentReference", id_)
            await journal.vread(work, "DocumentReference", id_, 1)
    later(town)


async def inbox(town: Town) -> list[datetime]:
    async with town.office.work(await citizen(town, "astrid"), Purpose.OWN) as work:
        return await choosing.unread(work, work.actor.key)


async def test_a_look_at_nothing_but_what_one_does_not_see_yet_is_told_of_when_one_does(town: Town) -> None:
    """Who reads who has looked in between is told then all the same: it is new to them from then on."""
    await chooses(town, "every")
    held = await writes(town, "jonas", held=10 * DAY)
    sees = town.office.clock() + 10 * DAY
    async with Peer.open() as peer:
        await reads(town, "jonas", held)
        assert (await told(town, peer, after=DAY), await inbox(town)) == ([], [])
        plain = await writes(town, "jonas")
        await reads(town, "jonas", held, plain)
        letters_before = len(await told(town, peer, after=DAY))
        assert (letters_before, len(await inbox(town))) == (1, 2)
        later(town, sees - town.office.clock() - timedelta(seconds=1))
        assert (len(await told(town, peer, after=timedelta())), len(await inbox(town))) == (1, 2)
        later(town, timedelta(seconds=1))
        assert len(await told(town, peer)) == 2 and (await inbox(town))[:2] == [sees.replace(microsecond=0)] * 2
        assert len(await told(town, peer, after=DAY)) == 2


@pytest.mark.parametrize(("levels", "told_of"), [
    (["every", "opened"], 0), (["every", "none"], 0), (["every", "none", "every"], 0), (["every", "new"], 1), (["new", "every"], 1),
])  # fmt: skip
async def test_a_look_that_is_kept_is_told_of_as_one_wants_to_be_told_then(
    town: Town, levels: list[str], told_of: int
) -> None:
    await chooses(town, levels[0])
    held = await writes(town, "jonas", held=DAY)
    await reads(town, "jonas", held)
    await gathered(town)
    for level in levels[1:]:
        await chooses(town, level)
    async with Peer.open() as peer:
        later(town, DAY)
        found = (len(await told(town, peer)), min(1, len(await inbox(town))))
        assert found == (told_of, told_of)


async def test_a_look_that_is_kept_is_kept_on_while_one_does_not_see_it_after_all(town: Town) -> None:
    """As it is when the entry was to be seen sooner on the day the log was read."""
    await chooses(town, "every")
    held = await writes(town, "jonas", held=10 * DAY)
    sees = town.office.clock() + 10 * DAY
    await reads(town, "jonas", held)
    await gathered(town)
    await town.office.database.execute("UPDATE alert SET held_until = held_until - interval '5 days'")
    async with Peer.open() as peer:
        later(town, 6 * DAY)
        assert (await told(town, peer, after=DAY), await inbox(town)) == ([], [])
        later(town, sees - town.office.clock())
        assert (len(await told(town, peer)), set(await inbox(town))) == (1, {sees.replace(microsecond=0)})


async def test_a_look_that_is_kept_is_not_forgotten_before_it_is_told_of(town: Town) -> None:
    await chooses(town, "every")
    held = await writes(town, "jonas", held=DAY)
    await reads(town, "jonas", held)
    await gathered(town)
    later(town, gathering.KEPT + DAY)
    await gathering.forget(town.office.database, town.office.clock())
    async with Peer.open() as peer:
        assert len(await told(town, peer)) == 1


async def test_who_has_looked_at_what_one_does_not_see_yet_alone_is_new_to_one(town: Town) -> None:
    await chooses(town, "new")
    held = await writes(town, "jonas", held=DAY)
    await reads(town, "jonas", held)
    assert (await gathered(town), await inbox(town)) == (["new"], [])
    await looks(town, "jonas")
    await looks(town, "jonas")
    assert (await gathered(town), len(await inbox(town))) == (["new", "new"], 1)
    later(town, DAY)
    await looks(town, "jonas")
    assert (await gathered(town), len(await inbox(town))) == (["new", "new"], 2)


async def test_a_look_while_a_letter_is_on_its_way_is_told_of_in_the_next(town: Town) -> None:
    await chooses(town, "every")
    async with Peer.open() as peer:
        await looks(town, "jonas")
        await told(town, peer, after=timedelta())
        peer.busy = True
        await told(town, peer)  # tried once: whoever has read since would miss what comes now
        await looks(town, "jonas")
        peer.busy = False
        assert len(await told(town, peer, after=timedelta(hours=1))) == 1
        assert len(await told(town, peer, after=DAY)) == 2


async def test_what_is_long_past_is_forgotten(town: Town) -> None:
    await chooses(town, "opened")
    await emergency(town)
    assert await gathered(town) == ["emergency"]
    later(town, gathering.KEPT + DAY)
    await gathering.forget(town.office.database, town.office.clock())
    counts = "SELECT (SELECT count(*) FROM alert) + (SELECT count(*) FROM alert_letter)"
    assert await town.office.database.fetchval(counts) == 0
