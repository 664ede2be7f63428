"""The questions of a note: four texts that together are one note, and what kind of contact it was."""

from __future__ import annotations

from akson.base.web.forms import Choice, Choices, Form, Hidden, LongText

KINDS: Choices = (
    ("konsultasjon", "Konsultasjon"),
    ("telefon", "Telefon"),
    ("telefon-parorende", "Telefon, pårørende til stede"),
    ("sykebesok", "Sykebesøk"),
    ("hjemmebesok", "Hjemmebesøk"),
    ("annet", "Annet"),
)
SECTIONS = (
    ("bakgrunn", "note.history"),
    ("funn", "note.findings"),
    ("vurdering", "note.assessment"),
    ("tiltak", "note.plan"),
)


def _carried(name: str) -> Hidden:
    return Hidden(name=name, label="note.title", required=False, longest=2000)


NOTE = Form(
    Choice(name="type", label="note.kind", choices=KINDS, drawn="select"),
    LongText(name="bakgrunn", label="note.history", rows=3, required=False),
    LongText(name="funn", label="note.findings", rows=2, required=False),
    LongText(name="vurdering", label="note.assessment", rows=2),
    LongText(name="tiltak", label="note.plan", rows=2, required=False),
    _carried("koder"),  # ICPC-2, the main one first
    _carried("problemer"),  # those of them that go into the problem list
    _carried("viser"),  # "Observation/<id>" of what the note points to
    _carried("retter"),  # id of the note this one corrects
    _carried("versjon"),  # and its version
)
