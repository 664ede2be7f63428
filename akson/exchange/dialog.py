"""Dialogmelding 1.0 and 1.1 as values: read leniently, write strictly. Pure.

Source   http://www.kith.no/xmlstds/dialog/2006-10-11 (1.0) and …/2013-01-23 (1.1)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from lxml import etree

from akson.exchange import nodes
from akson.exchange.envelope import Code, Professional
from akson.exchange.nodes import child, children, code, put, put_code, put_text, text
from akson.exchange.safexml import Unreadable

NAMESPACES: Final = {
    "1.0": "http://www.kith.no/xmlstds/dialog/2006-10-11",
    "1.1": "http://www.kith.no/xmlstds/dialog/2013-01-23",
}
FELLESKOMPONENT: Final = "http://www.kith.no/xmlstds/felleskomponent1"
_VERSIONS: Final = {namespace: version for version, namespace in NAMESPACES.items()}


@dataclass(frozen=True, kw_only=True)
class Question:
    """A Forespørsel: what somebody asks."""

    kind: Code  # Volven 9152, 9153, 9154, 7601 …
    subject: str = ""  # 1.1 only
    text: str = ""
    purpose: Code | None = None
    reason: str = ""
    urgency: Code | None = None  # Volven 9067
    since: date | None = None
    until: date | None = None
    details: tuple[Code, ...] = ()
    document: str = ""  # the asker's own reference
    contacts: tuple[Professional, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Note:
    """A Notat: an answer, a note about a patient, or a complaint about a message."""

    topic: Code  # Volven 7322, 9069, 7321, 7602 …
    subject: str = ""
    text: str = ""
    remark: str = ""
    document: str = ""
    dated: date | None = None
    question: Question | None = None  # the one answered
    contacts: tuple[Professional, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Dialog:
    """One dialog message: notes or questions, never both."""

    version: str
    notes: tuple[Note, ...] = ()
    questions: tuple[Question, ...] = ()


def read(body: etree._Element) -> Dialog:
    """Read the body of a dialog message.

    Raises   Unreadable T10 (not a dialog message we know), T02
    """
    version = _VERSIONS.get(nodes.namespace(body)) if nodes.local(body) == "Dialogmelding" else None
    if version is None:
        raise Unreadable("T10", "Innholdet er ikke en dialogmelding i versjon 1.0 eller 1.1.")
    notes = tuple(_note(each) for each in children(body, "Notat"))
    questions = tuple(_question(each) for each in children(body, "Foresporsel"))
    if notes and questions:
        raise Unreadable("T02", "En dialogmelding kan ikke ha både notat og forespørsel.")
    if not notes and not questions:
        raise Unreadable("T02", "Dialogmeldingen er tom.")
    return Dialog(version=version, notes=notes, questions=questions)


def build(dialog: Dialog) -> etree._Element:
    """Write the body of a dialog message, in the order the schema demands."""
    root = nodes.document(NAMESPACES[dialog.version], "Dialogmelding")
    for question in dialog.questions:
        _put_question(root, question, dialog.version)
    for note in dialog.notes:
        _put_note(root, note, dialog.version)
    return root


def _note(node: etree._Element) -> Note:
    question = child(node, "Foresporsel")
    return Note(
        topic=_coded(node, "TemaKodet"),
        subject=text(node, "Tema"),
        text=nodes.prose(child(node, "TekstNotatInnhold")),
        remark=text(node, "Merknad"),
        document=text(node, "DokIdNotat"),
        dated=nodes.day(text(node, "DatoNotat")),
        question=None if question is None else _question(question),
        contacts=_contacts(node),
    )


def _question(node: etree._Element) -> Question:
    details = [*children(node, "TypeJournalinfo"), *children(node, "KodetOpplysning")]
    return Question(
        kind=_coded(node, "TypeForesp"),
        subject=text(node, "EmneSporsmal"),
        text=nodes.prose(child(node, "Sporsmal")),
        purpose=code(node, "Formål"),
        reason=text(node, "Begrunnelse"),
        urgency=code(node, "Hastegrad"),
        since=nodes.day(text(node, "FraDato")),
        until=nodes.day(text(node, "TilDato")),
        details=tuple(found for each in details if (found := code(each))),
        document=text(node, "DokIdForesp"),
        contacts=_contacts(node),
    )


def _coded(node: etree._Element, name: str) -> Code:
    found = code(node, name)
    if found is None:
        raise Unreadable("T02", f"Dialogmeldingen mangler {name}.")
    return found


def _contacts(node: etree._Element) -> tuple[Professional, ...]:
    return tuple(person for each in children(node, "RollerRelatertNotat") if (person := _contact(each)))


def _contact(node: etree._Element) -> Professional | None:
    """Return the person of a role, health professional or not."""
    holder = node if child(node, "TilknyttetEnhet") is None else child(node, "TilknyttetEnhet")
    person = child(holder, "HealthcareProfessional")
    if person is None:
        person = child(holder, "Person")
    if person is None:
        return None
    address = child(person, "TeleCom", "TeleAddress")
    return Professional(
        family=text(person, "FamilyName"),
        middle=text(person, "MiddleName"),
        given=text(person, "GivenName"),
        idents=nodes.idents(person),
        profession=code(person, "TypeHealthcareProfessional"),
        role=code(node, "RoleToPatient") or code(person, "RoleToPatient"),
        phone="" if address is None else address.get("V", "").removeprefix("tel:"),
    )


def _put_note(root: etree._Element, note: Note, version: str) -> None:
    node = put(root, "Notat")
    put_code(node, "TemaKodet", note.topic)
    put_text(node, "Tema", note.subject)
    put_text(node, "TekstNotatInnhold", note.text)
    put_text(node, "Merknad", note.remark)
    put_text(node, "DokIdNotat", note.document)
    if note.dated:
        put(node, "DatoNotat", note.dated.isoformat())
    if note.question:
        _put_question(node, note.question, version)
    for person in note.contacts:
        _put_contact(node, person)


def _put_question(parent: etree._Element, question: Question, version: str) -> None:
    node = put(parent, "Foresporsel")
    put_code(node, "TypeForesp", question.kind)
    put_text(node, "EmneSporsmal", question.subject if version == "1.1" else "")
    put_text(node, "Sporsmal", question.text)
    put_code(node, "Formål", question.purpose)
    put_text(node, "Begrunnelse", question.reason)
    put_code(node, "Hastegrad", question.urgency)
    for name, day in (("FraDato", question.since), ("TilDato", question.until)):
        put_text(node, name, day.isoformat() if day else "")
    put_text(node, "DokIdForesp", question.document)
    for person in question.contacts:
        _put_contact(node, person)


def _put_contact(parent: etree._Element, person: Professional) -> None:
    node = put(parent, "RollerRelatertNotat")
    put_code(node, "RoleToPatient", person.role)
    inner = put(node, "HealthcareProfessional")
    put_code(inner, "TypeHealthcareProfessional", person.profession)
    for name, content in (("FamilyName", person.family), ("MiddleName", person.middle), ("GivenName", person.given)):
        put_text(inner, name, content)
    nodes.put_idents(inner, person.idents, space=FELLESKOMPONENT)
    if person.phone:
        put_code(put(inner, "TeleCom"), "TeleAddress", Code(value=f"tel:{person.phone}"), space=FELLESKOMPONENT)
