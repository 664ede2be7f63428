"""Dialog messages: between hospital, GP and municipality, from NAV and from citizens; both ways.

In: a Communication in the patient's record (large attachments as DocumentReference + Binary) and a Task for the unit.
Out: a Dialog made from a Communication. Source and samples: docs/sources.md#dialogmelding, tests/exchange/samples.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Any, Final

from akson.base.errors import Refused
from akson.base.work import Work
from akson.exchange import dialog as dialogs
from akson.exchange.addresses import Address
from akson.exchange.dialog import Dialog, Note, Question
from akson.exchange.envelope import Attachment, Code, Envelope, Professional
from akson.exchange.nodes import OSLO
from akson.exchange.registry import Filed, Letter, message
from akson.record import journal

Resource = dict[str, Any]

VOLVEN: Final = "2.16.578.1.12.4.1.1."
MESSAGE_TYPE: Final = f"urn:oid:{VOLVEN}8279"
MESSAGE_ID: Final = "https://akson.no/fhir/message-id"  # MsgId of the Hodemelding
LARGEST_INLINE: Final = 64 * 1024  # an attachment larger than this becomes a Binary
TEST_DATA: Final = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}
_URGENCY: Final = {"1": "stat", "3": "urgent"}  # Volven 9067; the rest is routine
_MIME: Final = re.compile(r"[\w.+-]+/[\w.+-]+")


@dataclass(frozen=True, kw_only=True)
class Use:
    """One use of the dialog message: its name, the version we send it in, and what a note in it is about by default."""

    name: str
    version: str
    topic: Code
    answered_by: str


_ABOUT_PATIENT: Final = Code(value="6", system=f"{VOLVEN}7322", name="Henvendelse om pasient")
_ANSWER: Final = Code(value="5", system=f"{VOLVEN}9069", name="Svar på forespørsel")
_TO_CITIZEN: Final = Code(value="19", system=f"{VOLVEN}7602", name="Svar på henvendelse")
_NOTE: Final = Code(value="1", system=f"{VOLVEN}7321", name="Notat om pasient")
_DEVIATION: Final = Code(value="2", system=f"{VOLVEN}7321", name="Melding om avvik")
_QUESTION: Final = Code(value="99", system=f"{VOLVEN}9152", name="Annen henvendelse")

USES: Final = {
    "DIALOG_HELSEFAGLIG": Use(
        name="Helsefaglig dialog", version="1.1", topic=_ABOUT_PATIENT, answered_by="DIALOG_HELSEFAGLIG"
    ),
    "DIALOG_FORESPORSEL": Use(name="Forespørsel", version="1.0", topic=_QUESTION, answered_by="DIALOG_SVAR"),
    "DIALOG_SVAR": Use(name="Svar på forespørsel", version="1.0", topic=_ANSWER, answered_by="DIALOG_FORESPORSEL"),
    "DIALOG_NOTAT": Use(name="Notat", version="1.0", topic=_NOTE, answered_by="DIALOG_NOTAT"),
    "DIALOG_AVVIK": Use(
        name="Tilbakemelding om feil i mottatt melding", version="1.0", topic=_DEVIATION, answered_by="DIALOG_NOTAT"
    ),
    "DIALOG_INNBYGGER_EKONTAKT": Use(
        name="Dialog med innbygger - eKontakt",
        version="1.1",
        topic=_TO_CITIZEN,
        answered_by="DIALOG_INNBYGGER_EKONTAKT",
    ),
    "DIALOG_INNBYGGER_RESEPTFORNYELSE": Use(
        name="Dialog med innbygger - reseptfornyelse",
        version="1.1",
        topic=Code(value="14", system=f"{VOLVEN}7602", name="Resept er fornyet"),
        answered_by="DIALOG_INNBYGGER_RESEPTFORNYELSE",
    ),
}


@message("DIALOG_INNBYGGER_TEST", about_a_patient=False)
@message(*USES)
async def receive(work: Work, letter: Letter) -> Filed:
    """Put a dialog message into the record and a task into the unit's inbox.

    Raises   Unreadable T02, T10 -> negative AppRec; the message is kept for a human
    Leaves   Communication, Task, and for each large attachment a Binary and a DocumentReference
    """
    dialog = dialogs.read(letter.envelope.body)
    large = [await _document(work, letter, each) for each in letter.envelope.attachments if _is_large(letter, each)]
    stored = await journal.create(work, as_communication(dialog, letter, large))
    await journal.create(work, as_task(dialog, letter, stored.id))
    return Filed(communication=stored.id)


def as_communication(dialog: Dialog, letter: Letter, documents: list[str]) -> Resource:
    """Return the message as a Communication; `documents` are the ids of the attachments stored beside it."""
    envelope = letter.envelope
    small = [_inline(each) for each in envelope.attachments if not _is_large(letter, each)]
    topic = _topic(dialog)
    resource: Resource = {
        "resourceType": "Communication",
        "meta": {"tag": [TEST_DATA]} if envelope.test else None,
        "identifier": [{"system": MESSAGE_ID, "value": envelope.msg_id}],
        "inResponseTo": [{"reference": f"Communication/{letter.answers}"}] if letter.answers else None,
        "status": "completed",
        "category": [_concept(Code(value=envelope.type.value, system=f"{VOLVEN}8279", name=envelope.type.name), "")],
        "priority": _priority(dialog),
        "subject": _subject(letter),
        "topic": _concept(topic, _title(dialog)),
        "sent": envelope.sent.isoformat(),
        "received": letter.received.isoformat(),
        "recipient": [{"reference": letter.unit.reference, "display": letter.unit.name}],
        "sender": {"type": "Organization", "display": envelope.sender.name},
        "payload": [{"contentString": paragraph} for paragraph in paragraphs(dialog)]
        + [{"contentAttachment": each} for each in small]
        + [{"contentReference": {"reference": f"DocumentReference/{each}"}} for each in documents],
        "note": [{"text": contact(each)} for each in _contacts(dialog)],
    }
    return _filled(resource)


def as_task(dialog: Dialog, letter: Letter, communication: str) -> Resource:
    """Return the task that puts the message into the unit's inbox."""
    return _filled({
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "priority": _priority(dialog),
        "code": {"text": "Les og følg opp melding"},
        "description": f"{_title(dialog)} – fra {letter.envelope.sender.name}",
        "focus": {"reference": f"Communication/{communication}"},
        "for": _subject(letter),
        "authoredOn": letter.received.isoformat(),
        "requester": {"type": "Organization", "display": letter.envelope.sender.name},
        "owner": {"reference": letter.unit.reference, "display": letter.unit.name},
    })  # fmt: skip


def from_communication(communication: Resource, *, answered: Resource | None = None) -> tuple[Code, Dialog]:
    """Return the message type and the body for a Communication one of us has written.

    answered   the Communication it answers; decides the type where the new one names none
    Raises     Refused AK-X001 when it has no text, AK-X002 when it is of a type we cannot send
    """
    asked = _type(answered)
    kind = _type(communication) or (USES[asked].answered_by if asked in USES else "DIALOG_HELSEFAGLIG")
    if kind not in USES:
        raise Refused("AK-X002", type=kind)
    use, text = USES[kind], text_of(communication)
    if not text.strip():
        raise Refused("AK-X001")
    topic = _coding(communication.get("topic")) or use.topic
    subject = str((communication.get("topic") or {}).get("text") or "")
    if kind == "DIALOG_FORESPORSEL":
        body = Dialog(version=use.version, questions=(Question(kind=topic, text=text),))
    else:
        question = _asked(answered) if asked and kind != "DIALOG_HELSEFAGLIG" else None
        body = Dialog(version=use.version, notes=(Note(topic=topic, subject=subject, text=text, question=question),))
    return Code(value=kind, name=use.name), body


def as_sent(communication: Resource, envelope: Envelope, unit: Address) -> Resource:
    """Return a Communication as it stands in the record once its message is on the way."""
    category = _concept(Code(value=envelope.type.value, system=f"{VOLVEN}8279", name=envelope.type.name), "")
    return communication | {
        "status": "completed",
        "identifier": [{"system": MESSAGE_ID, "value": envelope.msg_id}],
        "category": communication.get("category") or [category],
        "sent": envelope.sent.isoformat(),
        "sender": {"reference": unit.unit_id, "display": envelope.sender.name},
        "recipient": [{"type": "Organization", "display": envelope.receiver.name}],
    }


def attachments_of(communication: Resource) -> tuple[Attachment, ...]:
    """Return the files that travel with a Communication: those it carries itself."""
    carried = [part["contentAttachment"] for part in communication.get("payload", []) if "contentAttachment" in part]
    return tuple(
        Attachment(
            title=each.get("title", ""),
            mime=each.get("contentType", "application/octet-stream"),
            data=base64.b64decode(each.get("data", "")),
        )
        for each in carried
    )


@dataclass(frozen=True, kw_only=True)
class Told:
    """A dialog message as people read it: plain values for a template."""

    title: str
    kind: str
    sender: str
    receiver: str
    patient: str
    sent: str
    paragraphs: tuple[str, ...]
    contacts: tuple[str, ...]
    attachments: tuple[str, ...]
    test: bool


def in_words(envelope: Envelope, dialog: Dialog) -> Told:
    """Return a message as people read it, before or beside its place in the record."""
    return Told(
        title=_title(dialog),
        kind=envelope.type.name or envelope.type.value,
        sender=envelope.sender.name,
        receiver=envelope.receiver.name,
        patient=envelope.patient.name if envelope.patient else "",
        sent=f"{envelope.sent.astimezone(OSLO):%d.%m.%Y %H:%M}",
        paragraphs=tuple(paragraphs(dialog)),
        contacts=tuple(contact(each) for each in _contacts(dialog)),
        attachments=tuple(each.title or each.mime for each in envelope.attachments),
        test=envelope.test,
    )


def paragraphs(dialog: Dialog) -> list[str]:
    """Return the text of the message in reading order; the question that is answered comes last."""
    found = [part for note in dialog.notes for part in _note_paragraphs(note)]
    found += [part for question in dialog.questions for part in _question_paragraphs(question)]
    return found or ["(Meldingen har ingen tekst.)"]


def contact(person: Professional) -> str:
    """Return a contact as people read it: "Rita Lin (Fastlege), tlf. 12345678"."""
    role = person.role or person.profession
    named = f"{person.name} ({role.name})" if role and role.name else person.name
    return f"{named}, tlf. {person.phone}" if person.phone else named


def _note_paragraphs(note: Note) -> list[str]:
    remark = f"Merknad: {note.remark}" if note.remark else ""
    question = f"Svar på: {_question_text(note.question)}" if note.question else ""
    return [part for part in (note.text, remark, question) if part]


def _question_paragraphs(question: Question) -> list[str]:
    lines = [_question_text(question)]
    lines += [f"Formål: {question.purpose.name}"] if question.purpose and question.purpose.name else []
    lines += [f"Begrunnelse: {question.reason}"] if question.reason else []
    lines += [f"Gjelder: {', '.join(each.name or each.value for each in question.details)}"] if question.details else []
    if question.since or question.until:
        lines.append(f"Periode: {question.since or ''} – {question.until or ''}")
    return [line for line in lines if line]


def _question_text(question: Question) -> str:
    return "\n".join(part for part in (question.subject, question.text) if part) or question.kind.name


def _title(dialog: Dialog) -> str:
    """Return what the message is about, in the sender's words where there are any."""
    if dialog.notes:
        return dialog.notes[0].subject or dialog.notes[0].topic.name or "Dialogmelding"
    return dialog.questions[0].subject or dialog.questions[0].kind.name or "Dialogmelding"


def _topic(dialog: Dialog) -> Code:
    return dialog.notes[0].topic if dialog.notes else dialog.questions[0].kind


def _contacts(dialog: Dialog) -> list[Professional]:
    found = [person for note in dialog.notes for person in note.contacts]
    found += [person for question in dialog.questions for person in question.contacts]
    return [person for person in found if person.name]


def _priority(dialog: Dialog) -> str:
    wanted = [_URGENCY.get(each.urgency.value, "routine") for each in dialog.questions if each.urgency]
    return min(wanted, key=["stat", "urgent", "routine"].index, default="routine")


def _subject(letter: Letter) -> Resource | None:
    return {"reference": f"Patient/{letter.patient.id}"} if letter.patient else None


def _concept(code: Code, text: str) -> Resource:
    coding = {"system": f"urn:oid:{code.system}" if code.system else None, "code": code.value, "display": code.name}
    return _filled({"coding": [_filled(coding)] if code.value else None, "text": text or code.name or code.other})


def _is_large(letter: Letter, attachment: Attachment) -> bool:
    return letter.patient is not None and len(attachment.data) > LARGEST_INLINE


def _inline(attachment: Attachment) -> Resource:
    data = base64.b64encode(attachment.data).decode()
    return _filled({"contentType": _mime(attachment), "data": data, "url": attachment.link, "title": attachment.title})


def _mime(attachment: Attachment) -> str:
    return attachment.mime if _MIME.fullmatch(attachment.mime) else "application/octet-stream"


async def _document(work: Work, letter: Letter, attachment: Attachment) -> str:
    """Store a large attachment beside the message and return the id of its DocumentReference."""
    data = base64.b64encode(attachment.data).decode()
    subject, mime = _subject(letter), _mime(attachment)
    binary = await journal.create(
        work, {"resourceType": "Binary", "contentType": mime, "securityContext": subject, "data": data}
    )
    size = len(attachment.data)
    content = {"contentType": mime, "url": f"Binary/{binary.id}", "title": attachment.title, "size": size}
    reference = _filled({
        "resourceType": "DocumentReference",
        "status": "current",
        "subject": subject,
        "date": letter.envelope.sent.isoformat(),
        "description": attachment.title,
        "content": [{"attachment": _filled(content)}],
    })  # fmt: skip
    return (await journal.create(work, reference)).id


def _type(communication: Resource | None) -> str:
    """Return the message type a Communication carries as its category, or ""."""
    categories = (communication or {}).get("category", [])
    codings = [coding for each in categories for coding in each.get("coding", [])]
    return next((str(coding["code"]) for coding in codings if coding.get("system") == MESSAGE_TYPE), "")


def _coding(concept: Resource | None) -> Code | None:
    for coding in (concept or {}).get("coding", []):
        if str(coding.get("system", "")).startswith("urn:oid:"):
            system = coding["system"].removeprefix("urn:oid:")
            return Code(value=coding.get("code", ""), system=system, name=coding.get("display", ""))
    return None


def text_of(communication: Resource) -> str:
    """Return all that a Communication says in words."""
    texts = (part["contentString"] for part in communication.get("payload", []) if "contentString" in part)
    return "\n".join(map(str, texts))


def _asked(communication: Resource | None) -> Question | None:
    """Return the question of a Communication as an answer repeats it."""
    if communication is None:
        return None
    return Question(
        kind=_coding(communication.get("topic")) or _QUESTION,
        subject=str((communication.get("topic") or {}).get("text") or ""),
        text=text_of(communication),
    )


def _filled(resource: Resource) -> Resource:
    """Return `resource` without what is empty: FHIR has no empty values."""
    return {name: value for name, value in resource.items() if value not in (None, "", [], {})}
