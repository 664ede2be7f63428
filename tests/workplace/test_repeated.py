"""A message of care that comes again shows first what is new, changed and gone since the last from the same hospital."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from akson.base.work import Purpose
from akson.exchange import addresses, delivery, hodemelding, inbox
from akson.exchange.addresses import Address
from akson.record import journal
from akson.record.office import Office
from tests.exchange.care import envelope, xml
from tests.exchange.letters import HEART
from tests.exchange.places import Places, make
from tests.offices import JOB
from tests.workplace.browsing import browsing
from tests.workplace.test_cooperation import page

DOSE, OTHER = "1 tablett morgen", "2 tabletter morgen"
AT = "2026-11-20T14:00:00+01:00"


@pytest.fixture
async def places(office: Office) -> Places:
    made = await make(office)
    await addresses.put(office.database, [
        Address(her_id=99000077, name="Ortopeden", ours=False, parent=HEART.parent, endpoint="http://127.0.0.1:1/x"),
        Address(her_id=99000088, name="Sykehuset Fjell", ours=False, endpoint="http://127.0.0.1:1/x"),
    ])  # fmt: skip
    return made


async def comes(places: Places, kind: str, hours: int, *, change: str = "N", dose: str = DOSE, without: str = "", test: bool = False,
                by: int = HEART.her_id) -> str:  # fmt: skip
    """Let a message come, sent some hours after the first; return the id of its Communication."""
    body = xml(kind, change=change, at=AT if kind.startswith("LOG") else "").replace(DOSE, dose)
    body = re.sub(f"<po:{without}>.*</po:{without}>", "", body, flags=re.S) if without else body
    made = envelope(kind, body, msg_id=f"{kind}-{hours}-{by}", test=test)
    sent = replace(made, sent=made.sent + timedelta(hours=hours))
    if by != HEART.her_id:
        (known,) = (await addresses.find(places.office.database, [by])).values()
        sent = replace(sent, sender=known.party)
    await inbox.keep(places.office.database, hodemelding.build(sent), now=places.office.clock(), envelope_from=by)
    await delivery.receive_due(places.office)
    return next(str(one["id"]) for one in await places.found("Communication")
                if one["identifier"][0]["value"] == sent.msg_id)  # fmt: skip


async def seen(places: Places, message: str) -> str:
    async with browsing(places.office, places.doctor) as jonas:
        return (await jonas.open(page(places, f"?melding={message}"))).text


async def test_what_came_again_is_told_by_what_differs_in_words_and_first(places: Places) -> None:
    await comes(places, "LOG_INNLAGT", 0)
    first = await comes(places, "HELSEOPPL_SOKNAD", 1)
    assert "Siden forrige" not in await seen(places, first)
    second = await comes(places, "HELSEOPPL_SOKNAD", 5, dose=OTHER)
    async with browsing(places.office, places.doctor) as jonas:
        shown = await jonas.open(page(places, f"?melding={second}"))
        task = next(one for one in await places.found("Task") if second in one["focus"]["reference"])
        from_inbox = await jonas.open(f"/innboks/{task['id']}")
    for told in (shown, from_inbox):
        assert (
            "Endret Legemiddel: Furosemid (C03CA01) Dosering: 2 tabletter morgen (før: 1 tablett morgen)" in told.text
        )
        assert told.text.index("Siden forrige") < told.text.index("Info medisinsk diagnose")
        assert f"samhandling?melding={first}#valgt" in told.html
    third = await comes(places, "HELSEOPPL_SOKNAD", 7, dose=OTHER)
    assert "Ingenting er nytt, endret eller borte." in await seen(places, third)
    late = await comes(places, "HELSEOPPL_SOKNAD", 3)  # sent before the second, and overtaken on its way
    assert "Ingenting er nytt" in await seen(places, late)


@pytest.mark.parametrize(("before", "after", "told"), [
    ({}, {"dose": OTHER}, "Siden forrige"),
    ({"by": 99000077}, {"dose": OTHER}, "Siden forrige"),  # another ward of the same hospital
    ({"by": 99000088}, {"dose": OTHER}, ""),  # another hospital repeats nobody
    ({"change": "C"}, {"dose": OTHER}, ""),  # it was taken back
    ({}, {"change": "C"}, ""),
    ({"test": True}, {"dose": OTHER}, ""),
    ({"kind": "HELSEOPPLYSNINGER_LEGE"}, {"dose": OTHER}, ""),  # of another type
])  # fmt: skip
async def test_only_the_same_type_from_the_same_organisation_is_repeated(
    places: Places, before: dict[str, object], after: dict[str, object], told: str
) -> None:
    kind = "MEDISINSKE_OPPLYSNINGER"
    await comes(places, **({"kind": kind, "hours": 1} | before))  # type: ignore[arg-type]
    text = await seen(places, await comes(places, kind, 5, **after))  # type: ignore[arg-type]
    assert ("Siden forrige" in text) is bool(told)


async def test_an_addition_takes_nothing_away_and_another_stay_begins_anew(places: Places) -> None:
    await comes(places, "LOG_INNLAGT", 0)
    await comes(places, "HELSEOPPL_SOKNAD", 1)
    whole = await comes(places, "HELSEOPPL_SOKNAD", 2, dose=OTHER, without="EksisterendeTjeneste")
    assert "Borte Eksisterende tjeneste: Praktisk bistand (1)" in await seen(places, whole)
    added = await seen(places, await comes(places, "HELSEOPPL_SOKNAD", 3, change="A", without="Legemiddelinfo"))
    assert "Nytt Eksisterende tjeneste: Praktisk bistand (1)" in added and "Borte" not in added
    (stay,) = await places.found("Encounter")
    async with places.office.work(JOB, Purpose.SYSTEM) as work:  # over for long, when the next comes
        over = {"status": "finished", "period": {"start": "2026-06-01", "end": "2026-07-01"}}
        await journal.update(work, stay | over, id_=stay["id"])
    assert "Siden forrige" not in await seen(places, await comes(places, "HELSEOPPL_SOKNAD", 9))
