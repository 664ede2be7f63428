"""Writing a new dialog message: what is asked, and the Communication it becomes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from akson.base.web.forms import Choice, Choices, Field, Filled, Form, LongText
from akson.exchange.filing import text_of
from akson.exchange.telling import Told
from akson.exchange.undoing import is_taken_back
from akson.patient.reading import code, display
from akson.record.stored import Stored
from akson.registers.codes import Code, volven

TYPE: Final = "DIALOG_HELSEFAGLIG"  # what it goes as
TOPIC: Final = volven(7322)  # what a dialog between health services is about
TOPICS: Final = (
    Code(system=TOPIC, code="6", name="Henvendelse om pasient"),
    Code(system=TOPIC, code="7", name="Svar på melding om utskrivningsklar pasient"),
    Code(system=TOPIC, code="8", name="Spørsmål om helseopplysninger"),
    Code(system=TOPIC, code="9", name="Spørsmål om legemidler"),
)
_USUAL: Final = TOPICS[0].code
_LONGEST: Final = 20_000


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A message as its receiver will read it, before it is sent."""

    title: str
    kind: str  # "Helsefaglig dialog"
    sender: str
    receiver: str
    patient: str
    paragraphs: tuple[str, ...]


def form(partners: Choices) -> Form:
    """Ask whom to write to, of `partners`, what it is about, and the text."""
    return Form(
        Choice(name="mottaker", label="cooperation.receiver", choices=partners, drawn="select"),
        Choice(name="tema", label="cooperation.topic", choices=tuple((one.code, one.name) for one in TOPICS)),
        Field(name="emne", label="cooperation.about", help="cooperation.about_help", required=False, longest=100),
        LongText(name="tekst", label="cooperation.text", help="cooperation.text_help", rows=8, longest=_LONGEST),
    )


def usual(partners: Choices, messages: Sequence[Stored], letters: Sequence[Stored]) -> str:
    """Return whom to write to when nobody was chosen: who last wrote or was written to about this patient; or "".

    messages  Communications of one patient, newest first
    letters   DocumentReferences of the same, newest first; asked when no message names one of `partners`
    """
    stands = (hit for hit in messages if not is_taken_back(hit.resource))
    dialog = (party for hit in stands for party in (hit.resource.get("sender"), *hit.resource.get("recipient", ())))
    authors = (party for hit in letters for party in (*hit.resource.get("author", ()), hit.resource.get("custodian")))
    return next(filter(None, (meant(partners, display(party)) for party in (*dialog, *authors))), "")


def meant(partners: Choices, named: str) -> str:
    """Return which of `partners` is named; of "Hjertepoliklinikken, Vestfjell sykehus" the first that is one."""
    parts = f", {named}, "
    found = [(parts.index(f", {name}, "), value) for value, name in partners if name and f", {name}, " in parts]
    return min(found, default=(0, ""))[1]


def blank(asked: Form, partners: Choices, to: str = "") -> Filled:
    """Return the form as first shown; the receiver is chosen when there is only one, or one was asked for."""
    known = [value for value, _ in partners]
    chosen = to if to in known else known[0] if len(known) == 1 else None
    return asked.blank(mottaker=chosen, tema=_USUAL)


def communication(filled: Filled, patient: str) -> dict[str, Any]:
    """Return what was written as the Communication that `sending.send` takes."""
    topic = next(one for one in TOPICS if one.code == filled.values["tema"])
    about = filled.values.get("emne")
    return {
        "resourceType": "Communication", "subject": {"reference": f"Patient/{patient}"},
        "topic": topic.concept(str(about) if about else None),
        "payload": [{"contentString": str(filled.values["tekst"])}],
    }  # fmt: skip


def is_dialog(message: Mapping[str, Any]) -> bool:
    """Say whether a message is one that is written here: a dialog that answers nothing."""
    return bool(code(message.get("topic"), TOPIC)) and not message.get("inResponseTo")


def anew(asked: Form, message: Mapping[str, Any]) -> Filled:
    """Return the form with what was taken back, to be mended; whom it goes to is chosen again."""
    topic = message["topic"]
    return asked.blank(
        mottaker=None, tema=topic["coding"][0].get("code"), emne=topic.get("text"), tekst=text_of(message)
    )  # fmt: skip


def draft(told: Told) -> Draft:
    """Return a message as its receiver reads it."""
    return Draft(title=told.title, kind=told.kind, sender=told.sender, receiver=told.receiver, patient=told.patient,
                 paragraphs=told.paragraphs)  # fmt: skip
