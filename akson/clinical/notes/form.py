"""The questions of a note: four texts that together are one note, and what kind of contact it was."""

from __future__ import annotations

from akson.base.web.forms import Choice, Choices, Form, Hidden, LongText
from akson.base.web.messages import texts

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
DELAYS = ("0", "1", "3", "7", "14")  # days until the citizen sees it
WHY_LATER = ("tell", "talk", "complete")


def _delays() -> Choices:
    return tuple((one, texts().plain("note.seen_after", count=int(one)) if int(one) else texts().plain("note.seen_now"))
                 for one in DELAYS)  # fmt: skip


def _carried(name: str) -> Hidden:
    return Hidden(name=name, label="note.title", required=False, longest=2000)


NOTE = Form(
    Choice(name="type", label="note.kind", choices=KINDS, drawn="select"),
    LongText(name="bakgrunn", label="note.history", rows=3, required=False),
    LongText(name="funn", label="note.findings", rows=2, required=False),
    LongText(name="vurdering", label="note.assessment", rows=2),
    LongText(name="tiltak", label="note.plan", rows=2, required=False),
    Choice(name="ser_fra", label="note.seen_from", choices=_delays, drawn="select", required=False),
    Choice(
        name="ser_hvorfor",
        label="note.seen_why",
        drawn="select",
        required=False,
        choices=lambda: tuple((one, texts().plain(f"note.later_{one}")) for one in WHY_LATER),
    ),
    _carried("koder"),  # ICPC-2, the main one first
    _carried("problemer"),  # those of them that go into the problem list
    _carried("viser"),  # "Observation/<id>" of what the note points to
    _carried("retter"),  # id of the note this one corrects
    _carried("versjon"),  # and its version
)
