"""NAV's Legeerklæring: its codes come out of the record as they went in, and a blank one never leaves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from lxml import etree

from akson.base.errors import Refused
from akson.base.work import Purpose
from akson.exchange import answers, delivery, hodemelding, inbox, parts, sending, statement
from akson.exchange.envelope import Code
from akson.exchange.messages import legeerklaering
from akson.exchange.messages.legeerklaering import CODE, NAME
from akson.exchange.opening import opened
from akson.exchange.parts import Part
from akson.record.office import Office
from tests.exchange.letters import ASTRID, HEART, written
from tests.exchange.places import Places, make
from tests.exchange.statements import SHORTEST, said
from tests.offices import NOW

SPACE = f'xmlns="{statement.NAMESPACE}"'
COMES = f"""<Legeerklaring {SPACE}><LegeerklaringGjelder typeLegeerklaring="4"/><LegeerklaringGjelder
  typeLegeerklaring="9"/><Pasientopplysninger flereArbeidsforhold="3"><Pasient fodselsnummer="{ASTRID}"
  trygdekontor="NAV Fjordvik"><Navn><Etternavn>Nordli</Etternavn><Fornavn>Astrid</Fornavn></Navn></Pasient>
  </Pasientopplysninger><PlanUtredBehandle><NyeLegeopplysninger>Om tre måneder</NyeLegeopplysninger><HenvistUtredning
  henvistDato="2026-11-05+01:00" antattVentetid="12"><Spesifikasjon>MR</Spesifikasjon></HenvistUtredning>
  </PlanUtredBehandle><DiagnoseArbeidsuforhet><DiagnoseKodesystem kodesystem="3"><Enkeltdiagnose kodeverdi="M51.1"
  diagnose="Skiveprolaps" sortering="0"/></DiagnoseKodesystem><VurderingYrkesskade borVurderes="1"/></DiagnoseArbeidsuforhet>
  <Prognose bedreArbeidsevne="2"/></Legeerklaring>"""  # the order of some, one unknown code: as real senders write it


def carried(content: str, kind: str = CODE, name: str = NAME) -> bytes:
    """Return a statement in a Hodemelding."""
    envelope = opened(written()).envelope
    assert envelope is not None
    return hodemelding.build(replace(envelope, type=Code(value=kind, name=name), body=etree.fromstring(content)))


async def comes(places: Places, body: bytes) -> str:
    await inbox.keep(places.office.database, body, now=places.office.clock())
    await delivery.receive_due(places.office)
    (row,) = await places.rows("SELECT fault_code FROM message_in")
    return str(row["fault_code"])


@pytest.mark.parametrize(("kind", "name"), [(CODE, NAME), (NAME, CODE)])  # NAV's own senders swap the two
async def test_a_statement_is_read_in_words_and_keeps_every_code(office: Office, kind: str, name: str) -> None:
    places = await make(office)
    assert await comes(places, carried(COMES, kind, name)) == ""
    (message,), (task,), (form,) = [
        await places.found(each) for each in ("Communication", "Task", "QuestionnaireResponse")
    ]
    told = "\n".join(part.get("contentString", "") for part in message["payload"]).splitlines()
    assert {"Erklæringen gjelder: Uføretrygd (før: uførepensjon)", "Erklæringen gjelder: 9", "– Kodeverk: ICD-10",
            "– Hoveddiagnose: Skiveprolaps (M51.1)", "– – Henvist: 05.11.2026",
            "– Arbeidsevnen kan bli bedre: Nei"} <= set(told)  # fmt: skip
    assert task["description"].startswith(NAME) and task["focus"] == {"reference": f"Communication/{message['id']}"}
    assert message["about"] == [{"reference": f"QuestionnaireResponse/{form['id']}"}]
    assert ASTRID not in str(form) and "Nordli" not in str(form)
    assert {"system": f"urn:oid:{statement.ICD_10}", "code": "M51.1", "display": "Skiveprolaps"} in [
        each["valueCoding"] for each in answers_in(form["item"]) if "valueCoding" in each
    ]
    again = statement.build(answers.tree(statement.ROOT, form["item"]))
    who = said(etree.fromstring(COMES)) - said(again)
    assert {each[0] for each in who} == {"Pasient", "Etternavn", "Fornavn"}  # only who it is stands elsewhere


def answers_in(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return every answer of a form."""
    own = [each for item in items for each in item.get("answer", ())]
    return own + [each for item in items for each in answers_in(item.get("item", []))]


@pytest.mark.parametrize("content", [COMES.replace("2008-06-06", "2031-01-01"), f"<Henvisning {SPACE}/>"])
async def test_another_content_than_the_type_says_is_refused_and_kept(office: Office, content: str) -> None:
    places = await make(office)
    assert await comes(places, carried(content)) == "T10"
    assert await places.found("Communication") == [] and len(await inbox.for_humans(office.database, None)) == 1


def lacking(*path: str) -> Part:
    """Return the shortest statement without one part of it."""
    return parts.without(SHORTEST, path)


@pytest.mark.parametrize(("root", "code", "what"), [
    (Part(name=statement.ROOT), "AK-X001", ""),
    (lacking("Enkeltdiagnose"), "AK-X030", "diagnose"),
    (lacking("LegeerklaringGjelder", "Prognose"), "AK-X030", "hva den gjelder, om arbeidsevnen kan bli bedre"),
    (lacking("BegrunnelseIkkeTiltak"), "AK-X030", "hva som begrenser eller taler mot tiltak"),
    (replace(SHORTEST, parts=(*SHORTEST.parts, Part(name="ArsakssammenhengLegeerklaring", text="[fyll inn]"))),
     "AK-X008", ""),
    (replace(SHORTEST, parts=(*SHORTEST.parts, Part(name="ArsakssammenhengLegeerklaring", text="Som 13916900362"))),
     "AK-X007", ""),
])  # fmt: skip
async def test_a_blank_one_or_one_about_another_never_leaves(office: Office, root: Part, code: str, what: str) -> None:
    places = await make(office)
    communication, form = legeerklaering.written(root, places.astrid.id, NOW)
    with pytest.raises(Refused) as refused:
        async with office.work(places.doctor, Purpose.TREATMENT) as work:
            await sending.send(work, communication, to=HEART.her_id, beside=[form])
    assert refused.value.code == code and what in refused.value.text
    assert await places.counts() == {} and await places.found("QuestionnaireResponse") == []


async def test_what_is_sent_stands_in_the_record_with_its_form(office: Office) -> None:
    places = await make(office)
    communication, form = legeerklaering.written(SHORTEST, places.astrid.id, NOW)
    async with office.work(places.doctor, Purpose.TREATMENT) as work:
        told = await sending.preview(work, communication, to=HEART.her_id, beside=[form])
        made = await sending.send(work, communication, to=HEART.her_id, beside=[form])
    assert "– Hoveddiagnose: Ryggsyndrom med smerteutstråling (L86)" in "\n".join(told.paragraphs).splitlines()
    (kept,), (row,) = (
        await places.found("QuestionnaireResponse"),
        await places.rows("SELECT type, body FROM message_out"),
    )
    assert row["type"] == CODE and made.resource["about"] == [{"reference": f"QuestionnaireResponse/{kept['id']}"}]
    envelope = opened(row["body"]).envelope
    assert envelope is not None and envelope.patient is not None
    body = envelope.body
    assert said(statement.build(SHORTEST)) <= said(body)
    assert {("Pasient", "fodselsnummer", ASTRID), ("Etternavn", "", "Nordli")} <= set(said(body))
    assert not any(name in ("StreetAddress", "City") for name, _, _ in said(body))  # where she lives is not told
