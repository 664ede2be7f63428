"""Signed and encrypted messages through a real broker: who has a certificate in the register gets and sends nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from akson.exchange import addresses, inbox
from akson.exchange.addresses import AMQP
from akson.exchange.exchanging import Exchange
from akson.exchange.messages import apprec
from akson.exchange.opening import opened
from akson.exchange.seals import cms, model, partners
from akson.exchange.seals.model import SEALED, Identity
from akson.exchange.seals.own import OwnCertificates
from akson.exchange.seals.trust import Trust
from akson.exchange.states import State
from akson.record.office import Office
from tests.exchange.authority import ENCRYPTS, SIGNS, Authority, bundle
from tests.exchange.letters import HEART, MSG_ID, swapped, written
from tests.exchange.places import make
from tests.exchange.rabbit import Rabbit, needs_rabbit, rabbit
from tests.exchange.test_delivery import clock

pytest.importorskip("proton", reason="needs python-qpid-proton (make queues)")
pytest.importorskip("signxml", reason="needs signxml (make queues)")
from akson.exchange.seals import xmldsig
from akson.exchange.seals.sealing import Seals
from akson.exchange.transports.broker import Arrival, Outcome
from akson.exchange.transports.line import Line
from tests.exchange.test_amqp import QueueWorld, _rooms, amqp, receipt

__all__ = ["rabbit"]
pytestmark = needs_rabbit
OURS, THEIRS = "310000015", "310000023"


@dataclass
class SealedWorld(QueueWorld):
    """The same, where the hospital has certificates, and so have we."""

    root: Authority
    ours: OwnCertificates
    signs: Identity
    opens: Identity

    def seal(self, body: bytes, by: Identity | None = None) -> bytes:
        """Return a message as the hospital seals it."""
        us, to = by or self.signs, self.ours.certificates[1]
        return cms.encrypt(cms.sign(xmldsig.sign(body, us), us), to)

    async def posts(self, data: bytes, **more: Any) -> Outcome:
        return await self.delivers(data, content_type=SEALED, **more)

    async def gets_open(self) -> tuple[Arrival, bytes]:
        """Return what comes to the hospital, and what it finds inside."""
        arrival = await self.gets()
        assert arrival.message.content_type == SEALED
        signed = cms.verify(cms.decrypt(bytes(arrival.message.body), [self.opens]))
        assert signed.signer == self.ours.certificates[0]
        return arrival, signed.content


@pytest.fixture
async def world(office: Office, rabbit: Rabbit, tmp_path: Path) -> AsyncIterator[SealedWorld]:
    """The municipality in small, the hospital and the authority that both trust."""
    room, root, own = next(_rooms), Authority("Tillit", 1), OwnCertificates(tmp_path)
    own.rotate([bundle(root.identity(OURS, number, use), "x") for number, use in ((2, ENCRYPTS), (3, SIGNS))], "x")
    seals = Seals(reads=office.database, own=own, trust=Trust(root.trusted_in(tmp_path / "trust")))
    queues = replace(amqp(rabbit.broker(room), office), seals=seals)
    hospital = await Line.open(rabbit.broker(room), "the hospital")
    places = await make(office, endpoint=AMQP)
    await addresses.put(office.database, [
        addresses.Address(her_id=HEART.parent, name=HEART.parent_name, ours=False, org_number=THEIRS, endpoint=AMQP),
    ])  # fmt: skip
    signs, opens = root.identity(THEIRS, 4, SIGNS), root.identity(THEIRS, 5, ENCRYPTS)
    await partners.enter(office.database, HEART.her_id, opens.certificate, office.clock())
    exchange = Exchange(carriers={"amqp": queues})
    made = SealedWorld(places, exchange, queues, hospital, room, root, own, signs, opens)
    try:
        yield made
    finally:
        await made.hospital.leave()
        await queues.leave()


async def test_both_ways_and_the_receipts_are_sealed(world: SealedWorld) -> None:
    made = await world.writes()
    arrival, body = await world.gets_open()
    inside = opened(body).envelope
    assert inside and inside.msg_id == arrival.message.id and xmldsig.verify(body, world.places.office.clock())
    as_open = replace(arrival, message=arrival.message)
    as_open.message.body = body
    await world.posts(world.seal(receipt(as_open)), id="r-1")

    async def accepted() -> bool:
        return (await world.standing(made)).state is State.ACCEPTED

    await world.until(accepted)
    for number in range(2):  # the same message sealed anew, as who sends again does: other bytes, one message
        assert await world.posts(world.seal(written()), id=f"m-{number}") is Outcome.ACCEPTED
        _, answer = await world.gets_open()
        read = opened(answer).receipt
        assert read and (read.status, read.original.msg_id) == (apprec.Status.OK, MSG_ID)
    assert len(await world.places.found("Communication")) == 2  # ours and theirs
    (row,) = await world.places.rows("SELECT body, sealed, times FROM message_in WHERE type <> 'APPREC'")
    assert cms.is_cms(bytes(row["sealed"])) and opened(bytes(row["body"])).envelope and row["times"] == 2


async def test_a_seal_that_does_not_hold_is_answered_kept_and_seen_and_hinders_no_true_one(world: SealedWorld) -> None:
    false = world.seal(written(), by=Authority("Tillit", 7).identity(THEIRS, 4, SIGNS))
    answers = []
    for data in (false, world.seal(written())[:-17] + bytes(17), world.seal(written())[:-40]):
        await world.posts(data, id="as-the-broker-has-it", subject="DIALOG_HELSEFAGLIG")
        _, answer = await world.gets_open()
        answers.append(opened(answer).receipt)
    assert all(read and read.status is apprec.Status.REJECTED for read in answers)
    said = {(read.errors, read.original.msg_id, read.original.type.value) for read in answers if read}
    assert (
        len(said) == 1
    )  # whatever is wrong: who asks again and again with other bytes learns nothing of what is inside
    ((errors, msg_id, _),) = said
    assert [(each.value, each.other) for each in errors] == [("S99", model.NOT_OPENED.text)] and msg_id != MSG_ID
    seen = await inbox.for_humans(world.places.office.database, None)
    assert ("S02", model.UNKNOWN.text) in {(each["fault_code"], each["fault_text"]) for each in seen}
    assert false in [bytes(row["body"]) for row in await world.kept(3)]
    assert await world.places.found("Communication") == []
    await world.posts(world.seal(written()), id="m-2")
    assert "filed" in [row["state"] for row in await world.kept(4)]


async def test_what_cannot_be_opened_is_answered_by_the_name_the_broker_has_for_it_and_a_receipt_never(
    world: SealedWorld,
) -> None:
    for_another = cms.encrypt(cms.sign(written(), world.signs), world.opens.certificate)
    await world.posts(for_another, id="r-9", subject="APPREC")
    await world.kept()
    await world.posts(for_another[:-1], id="m-9", subject="DIALOG_HELSEFAGLIG")
    _, answer = await world.gets_open()  # of the second only: two programs that answer receipts never end
    read = opened(answer).receipt
    assert read and (read.original.msg_id, [each.value for each in read.errors]) == ("m-9", ["S99"])
    rows = await world.kept(2)
    assert [(row["state"], bytes(row["body"])) for row in rows] == [
        ("refused", for_another),
        ("refused", for_another[:-1]),
    ]


@pytest.mark.parametrize(("body", "fault"), [
    (lambda world: written(), model.OPEN),
    (lambda world: world.seal(written(), by=world.root.identity("310000031", 8, SIGNS)), model.ANOTHER),
    (lambda world: world.seal(swapped(str(HEART.her_id), "99000099")), None),  # the certificate is theirs, the head another's
], ids=["in the open", "another's certificate", "another's name inside"])  # fmt: skip
async def test_nobody_writes_as_the_hospital(world: SealedWorld, body: Any, fault: model.Fault | None) -> None:
    await world.posts(body(world))
    (row,) = await world.kept()
    told = fault or model.Fault("X99", "Avsenderen i meldingen er en annen enn den som leverte den.")
    assert (row["state"], row["fault_code"], row["fault_text"]) == ("refused", told.code, told.text)
    assert await world.places.found("Communication") == []


async def test_a_message_waits_with_its_reason_until_its_receiver_has_a_certificate_and_never_goes_open(
    world: SealedWorld,
) -> None:
    office, print_ = world.places.office, partners.fingerprint(world.opens.certificate)
    await partners.withdraw(office.database, print_, office.clock())
    made = await world.writes()
    await world.turn()
    stands = await world.standing(made)
    assert (stands.state, stands.problem) == (State.QUEUED, model.NO_RECEIVER)
    await partners.enter(office.database, HEART.her_id, world.opens.certificate, office.clock())
    clock(office).pass_(timedelta(minutes=1))
    await world.gets_open()
    assert (await world.standing(made)).state is State.SENT
