"""What a message must pass before it leaves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from akson.base.errors import Refused
from akson.base.work import Purpose
from akson.exchange import contents, sending
from akson.exchange.telling import Told
from akson.record.office import Office
from tests.exchange.letters import ASTRID, HEART
from tests.exchange.places import make

ODD = "13916900362"  # another invented person
TOLD = Told(title="", kind="", sender="", receiver="", patient="", sent="", paragraphs=("Vekt 58,4 kg.\nHoven.",),
            contacts=(), attachments=(), test=False)  # fmt: skip


@pytest.mark.parametrize(("text", "code"), [
    ("Vekt 58,4 kg, opp 2,3 kg siden fredag.", ""),
    (f"Gjelder {ASTRID}, Astrid Nordli.", ""),
    ("Saksnummer 20260012345 hos dere.", ""),  # eleven digits that are no person
    (f"Gjelder {ODD}.", "AK-X007"),
    (f"Gjelder {ODD[:6]} {ODD[6:]}.", "AK-X007"),
    ("Pasienten kommer [dato] til dere.", "AK-X008"),
    ("Medisiner: ____", "AK-X008"),
    ("Avkrysset: [x] ja", ""),
])  # fmt: skip
def test_a_text_about_another_or_half_written_is_refused(text: str, code: str) -> None:
    try:
        contents.check(text, ASTRID)
    except Refused as refused:
        assert refused.code == code
    else:
        assert code == ""


def test_the_receiver_must_get_every_line() -> None:
    contents.check_arrival(TOLD, "Vekt  58,4 kg.\r\n\n\nHoven.")
    with pytest.raises(Refused, match="AK-X009"):
        contents.check_arrival(replace(TOLD, paragraphs=("Vekt 58,4 kg.",)), "Vekt 58,4 kg.\nHoven.")


@pytest.mark.parametrize(
    "text", ["To\nlinjer\n\n\n\nog en til", "<p>Ikke & markup</p> ]]>", "Kopiert\x0bfra\x07Word ✓ 🙂", "Æ" * 9000]
)
async def test_a_preview_is_what_the_receiver_reads_and_leaves_no_trace(office: Office, text: str) -> None:
    places = await make(office)
    new = {"resourceType": "Communication", "subject": {"reference": places.astrid.reference},
           "topic": {"text": "Spørsmål"}, "payload": [{"contentString": text}]}  # fmt: skip
    async with office.work(places.doctor, Purpose.TREATMENT) as work:
        told = await sending.preview(work, new, to=HEART.her_id)
    assert told.title == "Spørsmål" and told.patient == "Astrid Nordli"
    assert told.sender == "Jonas Eikeland, Nordre legesenter, Fjordvik kommune"
    assert told.receiver == "Hjertepoliklinikken, Vestfjell sykehus"
    assert "".join("".join(told.paragraphs).split()) == "".join(text.replace("\x0b", "").replace("\x07", "").split())
    assert await places.counts() == {} and await places.found("Communication") == []


async def test_a_blank_message_never_leaves(office: Office) -> None:
    places = await make(office)
    new = {"resourceType": "Communication", "subject": {"reference": places.astrid.reference}}
    async with office.work(places.doctor, Purpose.TREATMENT) as work:
        for payload in ([], [{"contentString": " \n\t"}]):
            with pytest.raises(Refused, match="AK-X001"):
                await sending.send(work, new | ({"payload": payload} if payload else {}), to=HEART.her_id)
    assert await places.counts() == {}
