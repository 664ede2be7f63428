"""Dialog messages: between hospital, GP and municipality, from NAV and from citizens; both ways.

In: a Communication in the patient's record (large attachments as DocumentReference + Binary) and a Task for the unit.
Out: a Dialog made from a Communication. Source and samples: docs/sources.md#dialogmelding, tests/exchange/samples.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from akson.base.errors import Refused
from akson.base.work import Work
from akson.exchange import booking, calendar, filing, referring, requests
from akson.exchange import dialog as dialogs
from akson.exchange.addresses import Address
from akson.exchange.booking import Booked
from akson.exchange.dialog import Contact, Dialog, Note, Question
from akson.exchange.envelope import Attachment, Code, Envelope
from akson.exchange.filing import MESSAGE_ID, VOLVEN, Resource, concept, message_type, text_of
from akson.exchange.registry import Filed, Letter, Standard, message, speaks
from akson.exchange.telling import Told, told
from akson.record import journal

_URGENCY: Final = {"1": "stat", "3": "urgent"}  # Volven 9067; the rest is routine
_URGENCIES: Final = f"{VOLVEN}9067"
_PURPOSE, _HASTE, _DETAIL, _CODED, _CASE = "Formål", "Hastegrad", "Journalopplysninger", "Opplysning", "Sakstype"


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

_STATUS: Final = Code(value="9", system=f"{VOLVEN}9069", name="Annet, svar angitt i fritekst")
_APPOINTMENT: Final = Code(value="05", system=f"{VOLVEN}7602", name="Timereservasjon bekreftet")
_CONSENT: Final = Code(value="SAM", system=f"{VOLVEN}7601", name="Samtykkeforespørsel")


def _citizen(what: str, topic: Code = _TO_CITIZEN) -> Use:
    """Return a use from Helsenorge; it is answered by its own kind."""
    return Use(name=f"Dialog med innbygger - {what}", version="1.1", topic=topic, answered_by="")


USES: Final = {
    "DIALOG_HELSEFAGLIG": Use(name="Helsefaglig dialog", version="1.1", topic=_ABOUT_PATIENT, answered_by=""),
    "DIALOG_FORESPORSEL": Use(name="Forespørsel", version="1.0", topic=_QUESTION, answered_by="DIALOG_SVAR"),
    "DIALOG_SVAR": Use(name="Svar på forespørsel", version="1.0", topic=_ANSWER, answered_by="DIALOG_FORESPORSEL"),
    "DIALOG_NOTAT": Use(name="Notat", version="1.0", topic=_NOTE, answered_by=""),
    "DIALOG_AVVIK": Use(
        name="Tilbakemelding om feil i mottatt melding", version="1.0", topic=_DEVIATION, answered_by="DIALOG_NOTAT"
    ),
    "DIALOG_STATUS_HENVISNING": Use(name="Status på henvisning", version="1.1", topic=_STATUS, answered_by=""),
    "DIALOG_INNBYGGER_EKONTAKT": _citizen("eKontakt"),
    "DIALOG_INNBYGGER_EKONSULTASJON": _citizen("eKonsultasjon"),
    "DIALOG_INNBYGGER_RESEPTFORNYELSE": _citizen(
        "reseptfornyelse", Code(value="14", system=f"{VOLVEN}7602", name="Resept er fornyet")
    ),
    "DIALOG_INNBYGGER_TIMERESERVASJON": _citizen("timereservasjon", _APPOINTMENT),
    "DIALOG_INNBYGGER_TIMER": _citizen("timer", _APPOINTMENT),
    "DIALOG_INNBYGGER_TIMEONSKE": _citizen("timeønske"),
    "DIALOG_INNBYGGER_DIGITALBRUKER": _citizen("digital bruker"),
    "DIALOG_INNBYGGER_KOORDINATOR": _citizen("koordinator"),
    "DIALOG_INNBYGGER_SAMTYKKE": _citizen("samtykke", _CONSENT),
}
PLAIN: Final = ("DIALOG_INNBYGGER_TEST", "DIALOG_INNBYGGER_BEHANDLEROVERSIKT", "DIALOG_INNBYGGER_TJENESTEOVERSIKT")

speaks(
    Standard(
        name="Dialogmelding",
        namespaces=dialogs.NAMESPACES,
        reads=(*USES, *PLAIN),
        writes={code: use.version for code, use in USES.items()},
        proved=True,
    )
)


def in_words(envelope: Envelope, dialog: Dialog | None = None) -> Told:
    """Return a message as people read it, before or beside its place in the record.

    dialog   its body, where it has been read already
    Raises   Unreadable T02, T10
    """
    dialog = dialog or dialogs.read(envelope.body)
    said = [*paragraphs(dialog), *calendar.words(envelope)]
    return told(envelope, title=_title(dialog), paragraphs=said, contacts=map(contact, _contacts(dialog)))


@message(*PLAIN, told=in_words, about_a_patient=False)
@message(*USES, told=in_words)
async def receive(work: Work, letter: Letter) -> Filed:
    """Put a dialog message into the record and a task into the unit's inbox.

    Raises   Unreadable T02, T10 -> negative AppRec; the message is kept for a human
    Leaves   Communication, Task, and for each large attachment a Binary and a DocumentReference; of a reminder the task
             of what it reminds of, where somebody still has that to do; no task of a meeting that is moved or called
             off; of a status the order that our referral told of; of a calendar file the Appointments it tells of, and
             AppRec 3 where there are more than one message is filed with
    """
    dialog = dialogs.read(letter.envelope.body)
    wanted = requests.asked(_topic(dialog))
    first = await requests.reminded(work, letter) if wanted and wanted.reminds else None
    booked = await booking.book(work, letter)
    made = as_communication(dialog, letter, await filing.documents(work, letter), booked)
    if letter.envelope.type.value == referring.TYPE and letter.answers:
        made = filing.filled(made | {"basedOn": await referring.heard(work, letter, made["topic"])})
    named = requests.naming(letter, wanted, made["topic"])
    of = [{"reference": first.reference}] if first else named
    stored = await journal.create(work, filing.filled(made | {"partOf": of}))
    if not (first and wanted and await requests.remind(work, letter, first, wanted)):
        task = as_task(dialog, letter, stored.id)
        if named is not None and not letter.envelope.test:
            task = await requests.meet(work, letter, stored, task)
        await journal.create(work, task)
    return Filed(communication=stored.id, fault=booked.fault)


def as_communication(dialog: Dialog, letter: Letter, documents: list[str], booked: Booked) -> Resource:
    """Return the message as a Communication.

    documents  ids of the attachments stored beside it
    booked     what its calendar files became
    """
    return filing.communication(
        letter,
        documents,
        topic=concept(_topic(dialog), _title(dialog)),
        said=[*paragraphs(dialog), *booked.said],
        about=[{"reference": each} for each in booked.about],
        priority=_priority(dialog),
        reasonCode=[concept(code) | {"text": what} for what, code in _codes(dialog)],
        note=[{"text": contact(each)} for each in _contacts(dialog)],
    )


def as_task(dialog: Dialog, letter: Letter, communication: str) -> Resource:
    """Return the task that puts the message into the unit's inbox."""
    task = filing.task(letter, communication, title=_title(dialog), priority=_priority(dialog))
    return requests.with_limit(task, requests.asked(_topic(dialog)), letter)


def from_communication(communication: Resource, *, answered: Resource | None = None) -> tuple[Code, Dialog]:
    """Return the message type and the body for a Communication one of us has written.

    answered   the Communication it answers; decides the type where the new one names none
    Raises     Refused AK-X001 when it has no text, AK-X002 when it is of a type we cannot send
    """
    asked = message_type(answered)
    kind = message_type(communication) or (USES[asked].answered_by or asked if asked in USES else "DIALOG_HELSEFAGLIG")
    if kind not in USES:
        raise Refused("AK-X002", type=kind)
    use, text = USES[kind], text_of(communication)
    if not text.strip():
        raise Refused("AK-X001")
    topic = _coding(communication.get("topic")) or use.topic
    subject = str((communication.get("topic") or {}).get("text") or "")
    if kind == "DIALOG_FORESPORSEL" or topic.system == f"{VOLVEN}7601":
        asks = replace(_coded_question(communication, topic), subject=subject, text=text)
        body = Dialog(version=use.version, questions=(asks,))
    else:
        question = _asked(answered) if asked and kind != "DIALOG_HELSEFAGLIG" else None
        body = Dialog(version=use.version, notes=(Note(topic=topic, subject=subject, text=text, question=question),))
    return Code(value=kind, name=use.name), body


def as_sent(communication: Resource, envelope: Envelope, unit: Address) -> Resource:
    """Return a Communication as it stands in the record once its message is on the way."""
    category = concept(Code(value=envelope.type.value, system=f"{VOLVEN}8279", name=envelope.type.name), "")
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


def paragraphs(dialog: Dialog) -> list[str]:
    """Return the text of the message in reading order; the question that is answered comes last."""
    found = [part for note in dialog.notes for part in _note_paragraphs(note)]
    found += [part for question in dialog.questions for part in _question_paragraphs(question)]
    return found or ["(Meldingen har ingen tekst.)"]


def contact(person: Contact) -> str:
    """Return a contact as people read it: "Rita Lin (Fastlege), Nordre legesenter, tlf. 12345678"."""
    role = person.role or person.own_role or person.profession
    unit = person.unit.name if person.unit else ""
    named = f"{person.name} ({role.name})" if person.name and role and role.name else person.name
    phone = f"tlf. {person.phone}" if person.phone else ""
    return ", ".join(part for part in (named, unit, phone, person.remark) if part)


def _note_paragraphs(note: Note) -> list[str]:
    remark = f"Merknad: {note.remark}" if note.remark else ""
    question = f"Svar på: {_question_text(note.question)}" if note.question else ""
    return [part for part in (note.text, remark, question) if part]


def _question_paragraphs(question: Question) -> list[str]:
    lines = [_question_text(question)]
    lines += [f"Formål: {question.purpose.name}"] if question.purpose and question.purpose.name else []
    lines += [f"Begrunnelse: {question.reason}"] if question.reason else []
    wanted = [*question.details, *([question.coded] if question.coded else [])]
    lines += [f"Gjelder: {', '.join(each.name or each.value for each in wanted)}"] if wanted else []
    if question.since or question.until:
        lines.append(f"Periode: {question.since or ''} – {question.until or ''}")
    return [line for line in lines if line]


def _question_text(question: Question) -> str:
    return "\n".join(part for part in (question.subject, question.text) if part) or question.kind.name


def _title(dialog: Dialog) -> str:
    """Return what the message is about, in the sender's words where there are any."""
    wanted, topic = requests.asked(_topic(dialog)), _topic(dialog)
    said = dialog.notes[0].subject if dialog.notes else dialog.questions[0].subject
    return said or topic.name or (wanted.name if wanted else "Dialogmelding")


def _topic(dialog: Dialog) -> Code:
    return dialog.notes[0].topic if dialog.notes else dialog.questions[0].kind


def _contacts(dialog: Dialog) -> list[Contact]:
    found = [person for note in dialog.notes for person in note.contacts]
    found += [person for question in dialog.questions for person in question.contacts]
    return [person for person in found if person.name or person.unit]


def _codes(dialog: Dialog) -> Iterator[tuple[str, Code]]:
    """Yield what else is coded in a message, with what it is called: nothing coded is lost in the record."""
    if dialog.case:
        yield _CASE, dialog.case
    answered = [note.question for note in dialog.notes if note.question]
    for question in (*dialog.questions, *answered):
        haste = question.urgency and Code(value=question.urgency.value, system=_URGENCIES, name=question.urgency.name)
        told = ((_PURPOSE, question.purpose), (_HASTE, haste), (_CODED, question.coded))
        yield from ((what, code) for what, code in told if code)
        yield from ((_DETAIL, code) for code in question.details)
    for question in answered:
        yield question.subject or question.kind.name or question.kind.value, question.kind


def _coded_question(communication: Resource, kind: Code) -> Question:
    """Return a question with what `_codes` has kept of it."""
    urgency = next(_kept(communication, _HASTE), None)
    return Question(
        kind=kind,
        purpose=next(_kept(communication, _PURPOSE), None),
        urgency=Code(value=urgency.value, name=urgency.name) if urgency else None,
        details=tuple(_kept(communication, _DETAIL)),
        coded=next(_kept(communication, _CODED), None),
    )


def _kept(communication: Resource, what: str) -> Iterator[Code]:
    for reason in communication.get("reasonCode", ()):
        if reason.get("text") == what and (code := _coding(reason)):
            yield code


def _priority(dialog: Dialog) -> str:
    wanted = [_URGENCY.get(each.urgency.value, "routine") for each in dialog.questions if each.urgency]
    return min(wanted, key=["stat", "urgent", "routine"].index, default="routine")


def _coding(concept: Resource | None) -> Code | None:
    for coding in (concept or {}).get("coding", []):
        if str(coding.get("system", "")).startswith("urn:oid:"):
            system = coding["system"].removeprefix("urn:oid:")
            return Code(value=coding.get("code", ""), system=system, name=coding.get("display", ""))
    return None


def _asked(communication: Resource | None) -> Question | None:
    """Return the question of a Communication as an answer repeats it."""
    if communication is None:
        return None
    kept = _coded_question(communication, _coding(communication.get("topic")) or _QUESTION)
    subject = str((communication.get("topic") or {}).get("text") or "")
    return replace(kept, subject=subject, text=text_of(communication))
