"""NHN's message server over REST: true protocol, a process of its own, HelseID's way of letting machines in."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from akson.exchange import addresses, confirming, delivery, inbox
from akson.exchange.addresses import EDI, Address
from akson.exchange.exchanging import Exchange
from akson.exchange.states import PATIENCE, ROUNDS, State
from akson.exchange.transports import edi
from akson.signin import dpop
from akson.signin.keys import Keyring
from peers.message_page import BEHIND
from peers.misbehaving import MOODS
from tests.exchange.edi_world import EdiWorld, edi_keys, edi_world
from tests.exchange.letters import ASTRID, MSG_ID, NORDRE, written
from tests.exchange.test_delivery import clock
from tests.signin.provider import needs_provider

__all__ = ["edi_keys", "edi_world"]
pytestmark = needs_provider
UNKNOWN = "13916900362"  # a patient nobody has
SENT = "SELECT state, rounds, attempts, fault_text FROM message_out WHERE type <> 'APPREC'"


async def test_what_comes_is_filed_once_marked_as_read_and_answered(edi_world: EdiWorld) -> None:
    (good,) = await edi_world.broker.delivers(written())
    (bad,) = await edi_world.broker.delivers(written(fnr=UNKNOWN, msg_id="m-2"))

    async def answered() -> bool:
        return all(each["status"] for each in await edi_world.broker.messages() if each["id"] in (good, bad))

    await edi_world.until(answered)
    told = {each["id"]: each for each in await edi_world.broker.messages()}
    assert (told[good]["status"], told[good]["read"]) == ("1", 1)
    assert (told[bad]["status"], [each["errorCode"] for each in json.loads(told[bad]["errors"])]) == ("2", ["E35"])
    assert len(await edi_world.places.found("Communication")) == 1
    assert (await inbox.for_humans(edi_world.places.office.database, None))[0]["fault_code"] == "E35"
    assert await edi_world.edi.fetch(edi_world.places.office) == 0


@pytest.mark.parametrize(
    "anew", [written(), written().replace(b"><mh:", b">\n  <mh:")], ids=["the same", "written anew"]
)
async def test_what_comes_again_is_answered_by_the_name_it_came_by(edi_world: EdiWorld, anew: bytes) -> None:
    came = list[str]()
    for body in (written(), anew, written()):
        came += await edi_world.broker.delivers(body)
        for _ in range(2):  # one turn fetches it, the next answers it
            await edi_world.turn()
    told = await edi_world.broker.messages()
    assert [each["answers"] for each in told if each["apprec"]] == came
    assert [each["status"] for each in told if not each["apprec"]] == ["1"] * 3
    assert len(await edi_world.places.found("Communication")) == 1


async def test_taken_is_not_delivered_before_the_receivers_side_confirms(edi_world: EdiWorld) -> None:
    made = await edi_world.writes()
    assert (await edi_world.standing(made)).state is State.QUEUED
    await edi_world.exchange.deliver_due(edi_world.places.office)
    taken = await edi_world.standing(made)
    assert (taken.state, taken.delivered_at) == (State.SENT, None)
    assert await edi_world.exchange.ask_due(edi_world.places.office) == 0  # not asked at once
    clock(edi_world.places.office).pass_(timedelta(seconds=10))
    await edi_world.turn()
    assert (await edi_world.standing(made)).state is State.ACCEPTED


async def test_a_server_that_takes_everything_and_throws_it_away_never_makes_anything_delivered(
    edi_world: EdiWorld,
) -> None:
    await edi_world.broker.behaves(discards=1)
    made = await edi_world.writes()
    seen = set()

    async def late() -> bool:
        seen.add((await edi_world.standing(made)).state)
        return State.OVERDUE in seen

    begins = clock(edi_world.places.office).now
    await edi_world.until(late, each=lambda: clock(edi_world.places.office).pass_(timedelta(hours=4)))
    assert seen == {State.QUEUED, State.SENT, State.OVERDUE}
    assert clock(edi_world.places.office).now - begins >= PATIENCE  # until then it may lie where nobody is at work
    assert len(await edi_world.broker.messages()) == ROUNDS + 1
    assert (await edi_world.standing(made)).problem == delivery.NOT_CONFIRMED
    (task,) = await edi_world.places.found("Task")
    assert task["owner"]["reference"] == edi_world.places.practice.unit_id
    moves = await edi_world.places.rows("SELECT event FROM message_move ORDER BY number")
    assert [each["event"] for each in moves] == [*["handed over", "unconfirmed"] * ROUNDS, "handed over", "deadline"]


async def test_what_is_only_slow_is_sent_again_soon_and_then_with_patience(edi_world: EdiWorld) -> None:
    await edi_world.broker.behaves(discards=1)
    made = await edi_world.writes()
    sendings = []
    for minutes in (0, 1, 2, 3, 2, 7, 2, 9, 220, 50, 1400, 70, 3600):
        clock(edi_world.places.office).pass_(timedelta(minutes=minutes))
        for _ in range(2):  # one turn finds it late, the next sends it
            await edi_world.turn()
        sendings.append(len(await edi_world.broker.messages()))
    assert sendings == [1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6, 7, 7]
    assert (await edi_world.standing(made)).state is State.SENT


async def test_what_was_taken_once_never_counts_as_not_sent_however_long_nobody_answers_after(
    edi_world: EdiWorld,
) -> None:
    """It may lie there: sent to somebody else meanwhile, it would reach both."""
    await edi_world.broker.behaves(discards=1)
    made = await edi_world.writes()
    await edi_world.turn()
    clock(edi_world.places.office).pass_(timedelta(minutes=3))
    await edi_world.turn()
    await edi_world.broker.behaves(down=1)
    for _ in range(10):
        await edi_world.turn()
        assert (await edi_world.standing(made)).state is not State.FAILED
        clock(edi_world.places.office).pass_(timedelta(hours=9))
    clock(edi_world.places.office).pass_(timedelta(hours=9))
    await edi_world.turn()
    assert (await edi_world.standing(made)).state is State.OVERDUE
    assert (await edi_world.standing(made)).problem == delivery.NOT_CONFIRMED


async def test_a_server_that_forgets_all_it_takes_is_given_it_again_at_once_a_few_times_and_then_with_patience(
    edi_world: EdiWorld,
) -> None:
    await edi_world.broker.behaves(forgets=1)
    made = await edi_world.writes()
    for hours in (0, 0, 0, 0, 0, 3, 2, 20, 5, 30):
        for _ in range(2):
            clock(edi_world.places.office).pass_(timedelta(hours=hours / 2, seconds=20))
            await edi_world.turn()
    rows = await edi_world.places.rows("SELECT state, rounds FROM message_out WHERE told_of = $1", made)
    assert [(row["state"], row["rounds"]) for row in rows] == [("sent", ROUNDS)]


@pytest.mark.parametrize("fault", ["forgets", "lost", "down", "error"])
async def test_what_was_lost_or_not_taken_is_sent_again_and_arrives_once(edi_world: EdiWorld, fault: str) -> None:
    await edi_world.broker.behaves(**{fault: 1})
    made = await edi_world.writes()
    await edi_world.exchange.deliver_due(edi_world.places.office)
    assert (await edi_world.standing(made)).state is (State.SENT if fault == "forgets" else State.QUEUED)
    await edi_world.broker.behaves()

    async def accepted() -> bool:
        return (await edi_world.standing(made)).state is State.ACCEPTED

    await edi_world.until(accepted, each=lambda: clock(edi_world.places.office).pass_(timedelta(seconds=30)))
    assert len([each for each in await edi_world.broker.messages() if not each["apprec"]]) == 1


async def test_people_tell_it_on_its_page_how_to_behave_and_let_somebody_behind_it_write(edi_world: EdiWorld) -> None:
    http, url = edi_world.broker.http, edi_world.broker.url
    page = (await http.get(url)).text
    for mood in MOODS:
        assert f"value='{mood}'" in page and (await http.post(f"{url}/set", data={"mood": mood})).status_code == 303
    assert (await http.post(f"{url}/set", data={"mood": "noe annet"})).status_code == 400
    await http.post(f"{url}/set", data={"mood": "feilkode"})
    made = await edi_world.writes()

    async def rejected() -> bool:
        return (await edi_world.standing(made)).state is State.REJECTED

    await edi_world.until(rejected)
    assert (await edi_world.standing(made)).problem == "Avvist: Pasienten finnes ikke i mottakersystemet"
    behind = Address(her_id=BEHIND.her_id, name=BEHIND.name, ours=False, endpoint=EDI)
    await addresses.put(edi_world.places.office.database, [behind])
    letter = {"to": str(NORDRE.her_id), "fnr": ASTRID, "title": "Plass", "text": "Hun kan komme på mandag."}
    for wrong in ({"to": "7"}, {"text": ""}):
        assert (await http.post(f"{url}/send", data=letter | wrong)).status_code == 400
    assert (await http.post(f"{url}/send", data=letter)).status_code == 303

    async def filed() -> bool:
        return "Hun kan komme på mandag." in str(await edi_world.places.found("Communication"))

    await edi_world.until(filed)


async def test_an_apprec_that_never_comes_is_asked_for(edi_world: EdiWorld) -> None:
    await edi_world.broker.behaves(no_apprec=1)
    made = await edi_world.writes()

    async def accepted() -> bool:
        return (await edi_world.standing(made)).state is State.ACCEPTED

    await edi_world.until(accepted, each=lambda: clock(edi_world.places.office).pass_(timedelta(seconds=30)))
    assert [each["apprec"] for each in await edi_world.broker.messages()] == [0]


async def test_a_refusal_stands_with_its_reason_though_the_server_is_away_when_it_is_asked_for(
    edi_world: EdiWorld,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The state says that it is refused, the next answer why: that one is cut off, twice."""
    cuts = 2

    async def away(_: httpx.Request) -> None:
        raise httpx.ConnectError("away")

    async def cut(request: httpx.Request) -> None:
        nonlocal cuts
        if request.method == "GET" and request.url.path.endswith("/apprec") and cuts:
            cuts -= 1
            raise httpx.ConnectError("cut")

    monkeypatch.setattr(edi, "_ASKED_WHY", 3)
    await edi_world.broker.behaves(rejects=1, no_apprec=1)
    made = await edi_world.writes()
    await edi_world.exchange.deliver_due(edi_world.places.office)
    edi_world.edi.machine.http.event_hooks = {"request": [away]}
    for _ in range(edi._ASKED_WHY):  # what nobody answered is no question for the reason
        clock(edi_world.places.office).pass_(timedelta(seconds=80))
        assert await edi_world.exchange.ask_due(edi_world.places.office) == 1
    edi_world.edi.machine.http.event_hooks = {"request": [cut]}

    async def rejected() -> bool:
        return (await edi_world.standing(made)).state is State.REJECTED

    await edi_world.until(rejected, each=lambda: clock(edi_world.places.office).pass_(timedelta(seconds=30)))
    assert (await edi_world.standing(made)).problem == "E35 Pasienten finnes ikke i mottakersystemet" and not cuts


async def test_a_refusal_is_told_of_in_time_though_nobody_says_why_and_holds_up_no_other_question(
    edi_world: EdiWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edi, "_ASKED_WHY", 3)
    office, asked = edi_world.places.office, set[str]()

    async def cut(request: httpx.Request) -> None:
        asked.add(request.url.path.rpartition("/")[2])
        if request.method == "GET" and request.url.path.endswith("/apprec"):
            raise httpx.ConnectError("cut")
        asked.add(request.url.path)

    await edi_world.broker.behaves(rejects=1, no_apprec=1)
    made = [await edi_world.writes() for _ in range(4)]
    await edi_world.exchange.deliver_due(office)
    edi_world.edi.machine.http.event_hooks = {"request": [cut]}
    for _ in range(edi._ASKED_WHY):
        assert {(await edi_world.standing(one)).state for one in made} <= {State.SENT, State.DELIVERED}
        clock(office).pass_(timedelta(seconds=80))
        asked.clear()
        another = replace(edi_world.edi)  # each question by another worker, or by one that was started anew
        await Exchange(carriers={"edi": another}).ask_due(office)
        assert len(asked) == len(made) + len(("status", "apprec"))
    told = [await edi_world.standing(one) for one in made]
    assert [(each.state, each.problem) for each in told] == [(State.REJECTED, edi.UNEXPLAINED)] * len(made)


async def test_what_the_receivers_side_turns_away_fails_with_that_as_its_reason(edi_world: EdiWorld) -> None:
    await edi_world.broker.behaves(refuses=1)
    made = await edi_world.writes()
    await edi_world.exchange.deliver_due(edi_world.places.office)
    clock(edi_world.places.office).pass_(timedelta(seconds=10))
    await edi_world.turn()
    found = await edi_world.standing(made)
    assert (found.state, found.problem) == (State.FAILED, confirming.TURNED_AWAY)


async def test_the_same_message_twice_is_filed_once(edi_world: EdiWorld) -> None:
    await edi_world.broker.behaves(double=1)
    both = await edi_world.broker.delivers(written())

    async def read() -> bool:
        return all(each["read"] for each in await edi_world.broker.messages() if each["id"] in both)

    await edi_world.until(read)
    await edi_world.turn()
    assert len(both) == 2 and len(await edi_world.places.found("Communication")) == 1
    assert await edi_world.places.rows("SELECT times FROM message_in") == [{"times": 2}]


def test_one_odd_item_of_a_list_does_not_hide_the_others() -> None:
    told = [{"id": "no id"}, {"id": MSG_ID, "receiverHerId": 99000011, "senderHerId": None}, 7]
    found = edi._each(httpx.Response(200, json=told), edi.Waiting)
    assert [(str(each.id), each.receiver_her_id, each.sender_her_id) for each in found] == [(MSG_ID, 99000011, None)]
    assert edi._each(httpx.Response(200, json={"id": MSG_ID}), edi.Waiting) == []


async def test_a_server_that_fails_leaves_one_line_in_the_log_and_one_when_it_is_well_again(
    edi_world: EdiWorld, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "akson.exchange.edi"):
        for faults in ({"error": 1}, {"error": 1}, {}):
            await edi_world.broker.behaves(**faults)
            await edi_world.turn()
    told = [(record.getMessage(), getattr(record, "failure", "")) for record in caplog.records]
    assert told == [("the message server fails", "500"), ("the message server is well again", "")]


async def test_nobody_is_let_in_without_a_token_and_proof_of_its_key(edi_world: EdiWorld, tmp_path: Path) -> None:
    machine, http = edi_world.edi.machine, edi_world.broker.http
    url = f"{edi_world.broker.url}/Messages"
    told = {"api-version": "2", "nhn-source-system": "x"}
    asked: dict[str, str] = {"ReceiverHerIds": "99000011"}
    assert (await machine.call("GET", url, headers=told, params=httpx.QueryParams(asked))).status_code == 200
    token, now = machine._token, datetime.now(UTC)
    good = dpop.make(machine.keys.signer, "GET", url, now, token=token)
    other = Keyring.open(tmp_path, "other").signer
    for authorization, proof, status in (
        ("", "", 401), (f"Bearer {token}", "", 401), (f"DPoP {token}", "", 401),
        (f"DPoP {token}", good, 200), (f"DPoP {token}", good, 401),  # the same proof again
        (f"DPoP {token}", dpop.make(other, "GET", url, now, token=token), 401),
        (f"DPoP {token}", dpop.make(machine.keys.signer, "POST", url, now, token=token), 401),
        (f"DPoP {token[:-4]}AAAA", dpop.make(machine.keys.signer, "GET", url, now, token=token[:-4] + "AAAA"), 401),
    ):  # fmt: skip
        headers = told | {"authorization": authorization, "dpop": proof}
        assert (await http.get(url, params=asked, headers=headers)).status_code == status
    machine._token = "no longer good"
    elsewhere = httpx.QueryParams({"ReceiverHerIds": "99000033"})
    assert (await machine.call("GET", url, headers=told, params=elsewhere)).status_code == 403


async def test_every_operation_of_the_description_is_served_and_answers_as_it_says(
    edi_world: EdiWorld, shared: Path
) -> None:
    described = json.loads((shared / "fixtures/msh-api-edi20/msh-api-v2.json").read_text())
    (known,) = await edi_world.broker.delivers(written())
    told = {"api-version": "2", "nhn-source-system": "x", "content-type": "application/json"}
    bodies = {"PostMessage": {"businessDocument": "eA==", "contentType": "application/xml",
                              "contentTransferEncoding": "base64"}, "PostAppRec": {"appRecStatus": "Ok"}}  # fmt: skip
    tried = 0
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            for id_ in (known, MSG_ID):
                names = {"id": id_, "appRecSenderHerId": "99000011", "herId": "99000011"}
                url = re.sub(r"{(\w+)}", lambda name, names=names: names[name[1]], path)
                body = bodies.get(operation["operationId"])
                answer = await edi_world.edi.machine.call(
                    method.upper(), f"{edi_world.broker.url}{url}", headers=told,
                    content=json.dumps(body).encode() if body else b"", params=httpx.QueryParams({"ReceiverHerIds": "99000011"}),
                )  # fmt: skip
                conforms(described, operation, answer)
                tried += 1
    assert tried == 16


def conforms(described: dict[str, Any], operation: dict[str, Any], answer: httpx.Response) -> None:
    """Assert that an answer is one of those the description gives, with a body of its shape."""
    said = operation["responses"][str(answer.status_code)]
    if "content" not in said:
        assert answer.content == b""
        return
    shape = plain(said["content"]["application/json"]["schema"]) | {"components": plain(described["components"])}
    Draft202012Validator(shape).validate(answer.json())


def plain(described: Any) -> Any:
    """Return OpenAPI's `nullable` as JSON schema says it."""
    if isinstance(described, list):
        return [plain(each) for each in described]
    if not isinstance(described, dict):
        return described
    found = {name: plain(each) for name, each in described.items() if name != "nullable"}
    return {"anyOf": [found, {"type": "null"}]} if described.get("nullable") is True else found
