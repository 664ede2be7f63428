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
NOTE = Form(
    Choice(name="type", label="note.kind", choices=KINDS, drawn="select"),
    LongText(name="bakgrunn", label="note.history", rows=3, required=False),
    LongText(name="funn", label="note.findings", rows=2, required=False),
    LongText(name="vurdering", label="note.assessment", rows=2),
    LongText(name="tiltak", label="note.plan", rows=2, required=False),
    Hidden(name="kladd", required=False),
    Hidden(name="versjon", required=False),
    Hidden(name="koder", required=False),
)
