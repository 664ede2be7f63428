"""Dialogmelding 1.0 and 1.1 as values: read leniently, write strictly. Pure.

Source   http://www.kith.no/xmlstds/dialog/2006-10-11 (1.0) and …/2013-01-23 (1.1)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from lxml import etree

from akson.exchange import nodes
from akson.exchange.envelope import Code, Organisation, Professional
from akson.exchange.nodes import child, children, code, put, put_code, put_text, text
from akson.exchange.safexml import Unreadable

NAMESPACES: Final = {
    "1.0": "http://www.kith.no/xmlstds/dialog/2006-10-11",
    "1.1": "http://www.kith.no/xmlstds/dialog/2013-01-23",
}
FELLESKOMPONENT: Final = "http://www.kith.no/xmlstds/felleskomponent1"
_VERSIONS: Final = {namespace: version for version, namespace in NAMESPACES.items()}


@dataclass(frozen=True, kw_only=True)
class Contact(Professional):
    """A person, or only a unit, with a part in the note.

    role      towards the patient, as the note says it; own_role: as the person's own description says it
    telecoms  kind of telecommunication (or None) and address, as written: "tel:12345678"
    """

    part: Code | None = None  # RolleNotat, Volven 9057
    own_role: Code | None = None
    unit: Organisation | None = None  # 1.1: where the person, or nobody in particular, is reached
    remark: str = ""
    is_professional: bool = True
    nationality: Code | None = None
    telecoms: tuple[tuple[Code | None, str], ...] = ()


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
    details: tuple[Code, ...] = ()  # TypeJournalinfo
    coded: Code | None = None  # KodetOpplysning, 1.1 only
    document: str = ""  # the asker's own reference
    contacts: tuple[Contact, ...] = ()


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
    contacts: tuple[Contact, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Dialog:
    """One dialog message: notes or questions, never both."""

    version: str
    notes: tuple[Note, ...] = ()
    questions: tuple[Question, ...] = ()
    case: Code | None = None  # SakstypeKodet
    case_text: str = ""


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
    case, case_text = code(body, "SakstypeKodet"), text(body, "Sakstype")
    return Dialog(version=version, notes=notes, questions=questions, case=case, case_text=case_text)


def build(dialog: Dialog) -> etree._Element:
    """Write the body of a dialog message, in the order the schema demands."""
    root = nodes.document(NAMESPACES[dialog.version], "Dialogmelding")
    put_code(root, "SakstypeKodet", dialog.case)
    put_text(root, "Sakstype", dialog.case_text)
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
    return Question(
        kind=_coded(node, "TypeForesp"),
        subject=text(node, "EmneSporsmal"),
        text=nodes.prose(child(node, "Sporsmal")),
        purpose=code(node, "Formål"),
        reason=text(node, "Begrunnelse"),
        urgency=code(node, "Hastegrad"),
        since=nodes.day(text(node, "FraDato")),
        until=nodes.day(text(node, "TilDato")),
        details=tuple(found for each in children(node, "TypeJournalinfo") if (found := code(each))),
        coded=code(node, "KodetOpplysning"),
        document=text(node, "DokIdForesp"),
        contacts=_contacts(node),
    )


def _coded(node: etree._Element, name: str) -> Code:
    found = code(node, name)
    if found is None:
        raise Unreadable("T02", f"Dialogmeldingen mangler {name}.")
    return found


def _contacts(node: etree._Element) -> tuple[Contact, ...]:
    return tuple(found for each in children(node, "RollerRelatertNotat") if (found := _contact(each)))


def _contact(node: etree._Element) -> Contact | None:
    """Return who has a part: a person, health professional or not, or a unit; None where nobody is named."""
    unit = child(node, "TilknyttetEnhet")
    holder = node if unit is None else unit
    person = child(holder, "HealthcareProfessional")
    is_professional = person is not None
    if person is None:
        person = child(holder, "Person")
    if person is None and unit is None:
        return None
    place = child(unit, "Kontaktenhet")
    described = person if person is not None else place
    telecoms = tuple(_telecom(each) for each in children(described, "TeleCom"))
    return Contact(
        part=code(node, "RolleNotat"),
        role=code(node, "RoleToPatient"),
        own_role=code(person, "RoleToPatient"),
        unit=None if place is None else Organisation(name=text(place, "OrganisationName"), idents=nodes.idents(place)),
        remark=text(unit, "Merknad"),
        is_professional=is_professional,
        family=text(person, "FamilyName"),
        middle=text(person, "MiddleName"),
        given=text(person, "GivenName"),
        born=nodes.day(text(person, "DateOfBirth")),
        sex=code(person, "Sex"),
        nationality=code(person, "Nationality"),
        idents=() if person is None else nodes.idents(person),
        profession=code(person, "TypeHealthcareProfessional"),
        telecoms=telecoms,
        phone=next((address.removeprefix("tel:") for _, address in telecoms if address), ""),
    )


def _telecom(node: etree._Element) -> tuple[Code | None, str]:
    address = child(node, "TeleAddress")
    return code(node, "TypeTelecom"), "" if address is None else address.get("V", "")


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
    for contact in note.contacts:
        _put_contact(node, contact, version)


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
    for detail in question.details if version == "1.1" else question.details[:1]:
        put_code(node, "TypeJournalinfo", detail)
    put_code(node, "KodetOpplysning", question.coded if version == "1.1" else None)
    put_text(node, "DokIdForesp", question.document)
    for contact in question.contacts:
        _put_contact(node, contact, version)


def _put_contact(parent: etree._Element, contact: Contact, version: str) -> None:
    node = put(parent, "RollerRelatertNotat")
    put_code(node, "RolleNotat", contact.part)
    put_code(node, "RoleToPatient", contact.role)
    holder = node
    if contact.unit and version == "1.1":
        holder = put(node, "TilknyttetEnhet")
        place = put(holder, "Kontaktenhet")
        put(place, "OrganisationName", nodes.writable(contact.unit.name), space=FELLESKOMPONENT)
        nodes.put_idents(place, contact.unit.idents, space=FELLESKOMPONENT, within=FELLESKOMPONENT)
        if not contact.name:
            _put_telecoms(place, contact, space=FELLESKOMPONENT)
        put_text(holder, "Merknad", contact.remark)
    if contact.name or contact.idents or version == "1.0":
        _put_person(holder, contact)


def _put_person(holder: etree._Element, contact: Contact) -> None:
    """Append the person; the schema has another order of names for those who are no health professionals."""
    names = [("FamilyName", contact.family), ("MiddleName", contact.middle), ("GivenName", contact.given)]
    inner = put(holder, "HealthcareProfessional" if contact.is_professional else "Person")
    if contact.is_professional:
        put_code(inner, "TypeHealthcareProfessional", contact.profession)
        put_code(inner, "RoleToPatient", contact.own_role)
    for name, content in names if contact.is_professional else reversed(names):
        put_text(inner, name, content)
    put_text(inner, "DateOfBirth", contact.born.isoformat() if contact.born else "")
    put_code(inner, "Sex", contact.sex)
    put_code(inner, "Nationality", contact.nationality)
    nodes.put_idents(inner, contact.idents, space=FELLESKOMPONENT)
    _put_telecoms(inner, contact)


def _put_telecoms(holder: etree._Element, contact: Contact, *, space: str | None = None) -> None:
    for kind, address in contact.telecoms:
        node = put(holder, "TeleCom", space=space)
        put_code(node, "TypeTelecom", kind, space=FELLESKOMPONENT)
        put_code(node, "TeleAddress", Code(value=address), space=FELLESKOMPONENT)
