"""What each kind of note must hold, and when its writer is told that something is missing."""

from __future__ import annotations

import pytest

from akson.clinical.notes.content import MUST_HOLD, lacking, told
from akson.clinical.notes.form import KINDS, SECTIONS
from tests.clinical.drawing import drawn
from tests.clinical.notes.test_screens import TYPED, Desk
from tests.seeded import Town

PARTS = [name for name, _ in SECTIONS]


@pytest.mark.parametrize(("kind", "written", "missing"), [
    ("konsultasjon", "", "bakgrunn funn vurdering tiltak"),
    ("konsultasjon", "bakgrunn vurdering", "funn tiltak"),
    ("konsultasjon", "bakgrunn funn vurdering tiltak", ""),
    ("sykebesok", "vurdering", "bakgrunn funn tiltak"),
    ("hjemmebesok", "funn", "bakgrunn vurdering tiltak"),
    ("telefon", "vurdering", "bakgrunn tiltak"),
    ("telefon", "bakgrunn vurdering tiltak", ""),
    ("telefon-parorende", "bakgrunn", "vurdering tiltak"),
    ("annet", "vurdering", ""),
    ("annet", "bakgrunn", "vurdering"),
    ("finnes ikke", "", ""),
])  # fmt: skip
def test_each_kind_of_note_has_what_it_must_hold(kind: str, written: str, missing: str) -> None:
    fields = {name: "Sagt." if name in written.split() else " \n" for name in PARTS} | {"type": kind}
    assert lacking(fields) == tuple(missing.split())
    assert bool(told(fields)) is bool(missing)


def test_no_kind_of_note_is_without_a_rule_for_what_it_holds() -> None:
    assert MUST_HOLD.keys() == {value for value, _ in KINDS}
    assert {part for parts in MUST_HOLD.values() for part in parts} <= set(PARTS)


async def test_the_writer_is_told_before_signing_and_not_stopped(town: Town) -> None:
    jonas = Desk(town, "jonas")
    id_ = await jonas.begin()
    assert (await jonas.written(id_)).advice[0][0] == "Et slikt notat skal ha med:"
    page = await jonas.send(id_, "find", **{**TYPED, "type": "konsultasjon", "funn": "", "tiltak": " "}, kode="bivirk")
    ((head, text),) = page.values["note"].advice
    assert (head, text) == ("Mangler før du signerer:", "funn, tiltak og avtale, når det er relevant og nødvendig.")
    assert text in drawn("clinical/notes", page)
    assert (await jonas.send(id_, "find", **TYPED)).values["note"].advice == ()
    done = await jonas.send(id_, "sign", funn="", type="konsultasjon")
    assert done.said == "note.signed"
