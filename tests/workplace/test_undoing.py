"""What a person sends rests a minute, and until somebody has tried to send it, its sender can take it back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from akson.base.errors import Refused
from akson.base.work import Purpose
from akson.exchange import outbox, undoing
from akson.exchange.exchanging import Exchange
from akson.exchange.states import REST
from akson.record import journal
from akson.record.office import Office
from tests.exchange.places import Places, make
from tests.offices import let_pass, staff
from tests.workplace.browsing import Browser, browsing
from tests.workplace.test_cooperation import TYPED, page, received

ALMOST = REST - timedelta(seconds=1)


@pytest.fixture
async def places(office: Office) -> Places:
    return await make(office)


async def sent(places: Places, jonas: Browser) -> tuple[str, dict[str, Any]]:
    """Let the doctor send a message; return where it is seen, and the Communication."""
    go = await jonas.send(page(places, "/ny"), do="send", **TYPED)
    made = next(one for one in await places.found("Communication") if f"melding={one['id']}" in go.leads_to)
    return go.leads_to, made


async def test_a_message_is_taken_back_and_never_leaves_and_is_written_anew(places: Places) -> None:
    async with browsing(places.office, places.doctor) as jonas:
        where, made = await sent(places, jonas)
        shown = await jonas.open(where)
        assert "Meldingen sendes om 60 sekunder. Til da kan du angre." in shown.text
        assert "Sendes kl. 10.01.00" in shown.text and "Angre" in shown.text and "kvittering" not in shown.text
        let_pass(places.office, ALMOST)
        assert await Exchange(carriers={}).deliver_due(places.office) == 0
        undone = await jonas.send(where, do="undo")
        assert undone.status == 303
        told = await jonas.open(undone.leads_to)
        assert told.text.count("Angret, ikke sendt") == 2  # in the list and in its course
        assert 'value="undo"' not in told.html and "Sendes kl." not in told.text
        assert 'name="tekst"' not in told.html and "Skriv den på nytt" in told.text
        anew = await jonas.open(page(places, f"/ny?angret={made['id']}"))
        assert TYPED["tekst"].splitlines()[0] in anew.html and " selected" not in anew.html
        let_pass(places.office, timedelta(hours=97))
        assert await Exchange(carriers={}).turn(places.office) == 0
    (kept,) = await places.found("Communication")
    assert kept["status"] == "not-done" and kept["statusReason"]["text"] == undoing.REASON and "sent" not in kept
    assert kept["payload"] == made["payload"] and await places.counts() == {"out withdrawn": 1}
    moves = await places.rows("SELECT event, state, who FROM message_move")
    assert moves == [{"event": "take back", "state": "withdrawn", "who": places.doctor.id}]


@pytest.mark.parametrize("place", ["inbox", "cooperation"])
async def test_an_answer_is_taken_back_and_the_question_waits_for_its_answer_again(places: Places, place: str) -> None:
    asked = await received(places)
    (task,) = await places.found("Task")
    at = {"inbox": f"/innboks/{task['id']}", "cooperation": page(places, f"?melding={asked}")}[place]
    async with browsing(places.office, places.doctor) as jonas:
        answered = await jonas.send(at, do="answer", svar="Ja, i dag.", version="1")
        (reply,) = [one for one in await places.found("Communication") if "inResponseTo" in one]
        where = page(places, f"?melding={reply['id']}")
        if place == "inbox":
            after = await jonas.open(answered.leads_to)
            assert "Svaret sendes om 60 sekunder" in after.text and f'<a href="{where}">Angre</a>' in after.html
        assert "Besvart" in (await jonas.open(page(places))).text
        mended = await jonas.open((await jonas.send(where, do="undo")).leads_to)
        assert ">Ja, i dag.</textarea>" in mended.html and "Venter hos deg" in mended.text
        assert "Besvart" not in mended.text
        again = await jonas.send(
            page(places, f"?melding={asked}"), do="answer", svar="Ja, i morgen.", version=mended.hidden("version")
        )
        assert again.status == 303
    (task,) = await places.found("Task")
    assert task["status"] == "completed"
    assert await places.counts() == {"in filed": 1, "out queued": 2, "out withdrawn": 1}  # the receipt, the answers


async def test_what_hurries_goes_at_once_and_is_then_beyond_recall(places: Places) -> None:
    async with browsing(places.office, places.doctor) as jonas:
        where, made = await sent(places, jonas)
        gone = await jonas.open((await jonas.send(where, do="now")).leads_to)
        assert "Meldingen sendes nå." in gone.text and "Venter på sending" in gone.text
        assert await Exchange(carriers={}).deliver_due(places.office) == 1
        late = await jonas.send(where, do="undo")
        assert late.status == 422 and "er alt på vei og kan ikke angres" in late.text
        assert 'value="undo"' not in late.html
    (kept,) = await places.found("Communication")
    assert kept == made and await places.counts() == {"out queued": 1}  # there is no way to the hospital here


async def test_who_is_about_to_send_it_and_who_takes_it_back_take_turns(places: Places) -> None:
    async with browsing(places.office, places.doctor) as jonas:
        _, made = await sent(places, jonas)
    let_pass(places.office, REST)
    (bucket,) = await outbox.waiting(places.office.database, places.office.clock())
    assert await outbox.claim(places.office.database, bucket, places.office.clock())
    async with places.office.work(places.doctor, Purpose.TREATMENT) as work:
        message = await journal.read(work, "Communication", made["id"])
        with pytest.raises(Refused) as refused:
            await undoing.take_back(work, message)
    assert refused.value.code == "AK-X070" and await places.counts() == {"out queued": 1}


async def test_only_its_sender_takes_a_message_back(places: Places) -> None:
    colleague = await staff(places.office, places.practice, "Moe", role="fastlege")
    async with browsing(places.office, places.doctor) as jonas:
        where, _ = await sent(places, jonas)
    async with browsing(places.office, colleague) as moe:
        assert 'value="undo"' not in (await moe.open(where)).html
        for do in ("undo", "now"):
            refused = await moe.send(where, do=do)
            assert refused.status == 422 and "Bare den som har sendt en melding" in refused.text
    assert await places.counts() == {"out queued": 1}
