"""NAV as a program: what it asks can be read here, who does not answer is reminded, and it can send a statement back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from akson.exchange import dialog, hodemelding
from akson.exchange.envelope import Code, Conversation
from akson.exchange.messages.legeerklaering import CODE, NAME
from akson.exchange.opening import opened
from akson.exchange.requests import asked
from akson.exchange.statement import build
from peers.mailbox import opened as store
from peers.nav import OFFICE, REQUEST, SENDS_BACK, WRITES, Nav
from tests.exchange.letters import ASTRID, NORDRE, written
from tests.exchange.statements import SHORTEST


@pytest.fixture
async def nav() -> Any:
    """NAV with nobody on the line: what it would post lies in its store."""
    refused = httpx.MockTransport(lambda _: httpx.Response(503))
    async with httpx.AsyncClient(transport=refused) as client:
        yield Nav(akson_url="http://akson.test", secret="s", store=store(":memory:"), client=client, place=OFFICE)


def posted(nav: Nav) -> list[Any]:
    """Return every message that waits to be posted, as we open it."""
    bodies = [row[0] for row in nav.store.execute("SELECT body FROM outgoing ORDER BY id")]
    return [opened(body).envelope for body in bodies]


def writes(nav: Nav, what: str, about: str = "") -> str:
    return nav.ask(what, fnr=ASTRID, given="Astrid", family="Nordli", text="Plan?", to=NORDRE.her_id, about=about)


@pytest.mark.parametrize("what", WRITES)
async def test_what_nav_writes_is_known_here_by_its_code(nav: Nav, what: str) -> None:
    writes(nav, what)
    (envelope,) = posted(nav)
    body = dialog.read(envelope.body)
    topic = (body.questions[0].kind if body.questions else body.notes[0].topic) or Code(value="")
    known = asked(topic)
    assert known is not None and known.name == WRITES[what][3] == topic.name
    assert envelope.sender.her_id == OFFICE.her_id and envelope.receiver.her_id == NORDRE.her_id


async def test_who_does_not_answer_is_reminded_once(nav: Nav) -> None:
    nav.patience = -1.0  # late already
    first = writes(nav, REQUEST)
    await nav.post_due()
    await nav.post_due()
    assert [each.conversation for each in posted(nav)] == [None, Conversation(parent=first, conversation=first)]


async def test_a_statement_is_taken_and_answers_or_is_sent_back(nav: Nav) -> None:
    nav.patience, nav.mood = 600.0, SENDS_BACK
    first = writes(nav, REQUEST)
    envelope = opened(written(msg_id="stated")).envelope
    assert envelope is not None
    data = hodemelding.build(replace(
        envelope, conversation=Conversation(parent=first, conversation=first), type=Code(value=CODE, name=NAME),
        body=build(SHORTEST),
    ))  # fmt: skip
    assert nav.receive(data) == nav.receive(data) == "stated"
    (stated,) = nav.state()["statements"]
    assert (stated["for"], stated["diagnoses"], stated["better"], stated["answers"]) == (["2"], ["L86"], "1", first)
    assert nav.waits == {}
    back = next(each for each in posted(nav) if each and each.type.value == "DIALOG_NOTAT")
    assert back.conversation == Conversation(parent="stated", conversation=first)
