"""What every message becomes in the record, whatever its type: a Communication, a Task, documents beside them.

Types fill in what is theirs; a large attachment becomes a Binary with a DocumentReference.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from akson.base.work import Work
from akson.exchange import limits
from akson.exchange.envelope import Attachment, Code
from akson.exchange.registry import Letter
from akson.fhir.files import unlike
from akson.record import journal

Resource = dict[str, Any]

VOLVEN: Final = "2.16.578.1.12.4.1.1."
MESSAGE_TYPE: Final = f"urn:oid:{VOLVEN}8279"
MESSAGE_ID: Final = "https://akson.no/fhir/message-id"  # MsgId of the message
NAMED_TYPE: Final = "https://akson.no/fhir/named-type"  # what the sender said a file is, where its bytes are not
MALWARE: Final = "https://akson.no/fhir/malware"  # what was found in a file that is not here for it
NAMED_ANOTHER: Final = "Se etter at pasienten er rett: meldingen har et annet fornavn enn journalen. "
LARGEST_INLINE: Final = 64 * 1024  # an attachment larger than this becomes a Binary
TEST_DATA: Final = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}
_MIME: Final = re.compile(r"[\w.+-]+/[\w.+-]+")
_OID: Final = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+", re.ASCII)
_NUMBER: Final = re.compile(r"[1-9][0-9]{3}", re.ASCII)  # of a code list in Volven


def communication(letter: Letter, documents: Sequence[str], *, topic: Resource, said: Sequence[str],
                  priority: str = "routine", **more: Any) -> Resource:  # fmt: skip
    """Return a message as a Communication.

    documents  ids of the attachments stored beside it
    said       its text, paragraph by paragraph
    more       elements only its type has
    """
    envelope = letter.envelope
    small = [inline(each) for each in envelope.attachments if not is_large(letter, each)]
    payload: list[Resource] = [{"contentString": paragraph} for paragraph in said]
    payload += [{"contentAttachment": each} for each in small]
    payload += [{"contentReference": {"reference": f"DocumentReference/{each}"}} for each in documents]
    return filled({
        "resourceType": "Communication",
        "meta": filled({"tag": [TEST_DATA] if envelope.test else None, **_marked(letter)}),
        "identifier": [{"system": MESSAGE_ID, "value": envelope.msg_id}],
        "inResponseTo": [{"reference": f"Communication/{letter.answers}"}] if letter.answers else None,
        "status": "completed",
        "category": [concept(Code(value=envelope.type.value, system=f"{VOLVEN}8279", name=envelope.type.name), "")],
        "priority": priority,
        "subject": subject(letter),
        "topic": topic,
        "sent": envelope.sent.isoformat(),
        "received": letter.received.isoformat(),
        "recipient": [{"reference": letter.unit.reference, "display": letter.unit.name}],
        "sender": {"type": "Organization", "display": envelope.sender.known_first},
        "payload": payload,
        **more,
    })  # fmt: skip


def task(letter: Letter, communication: str, *, title: str, priority: str = "routine") -> Resource:
    """Return the task that puts a message into the unit's inbox, with an owner and when it is due.

    communication   its id
    title           what it is about
    """
    due = letter.received + limits.limit(letter.envelope.type.value, priority)
    return filled({
        "resourceType": "Task",
        "meta": _marked(letter),
        "status": "requested",
        "intent": "order",
        "priority": priority,
        "code": {"text": "Les og følg opp melding"},
        "description": f"{NAMED_ANOTHER * letter.doubtful}{title} – fra {letter.envelope.sender.known_first}",
        "focus": {"reference": f"Communication/{communication}"},
        "for": subject(letter),
        "authoredOn": letter.received.isoformat(),
        "requester": {"type": "Organization", "display": letter.envelope.sender.known_first},
        "restriction": limits.until(due),
        "owner": letter.owner or {"reference": letter.unit.reference, "display": letter.unit.name},
    })  # fmt: skip


def _marked(letter: Letter) -> Resource:
    """Return the security labels of what a message becomes."""
    return {"security": [dict(one) for one in letter.marks]} if letter.marks else {}


async def documents(work: Work, letter: Letter) -> list[str]:
    """Store the large attachments beside the message; return the ids of their DocumentReferences."""
    return [await _document(work, letter, each) for each in letter.envelope.attachments if is_large(letter, each)]


async def _document(work: Work, letter: Letter, attachment: Attachment) -> str:
    data = base64.b64encode(attachment.data).decode()
    about, kind, mark = subject(letter), *_kind(attachment)
    kept = {"resourceType": "Binary", "meta": _marked(letter), "contentType": kind, "securityContext": about}
    binary = await journal.create(work, filled(kept | {"data": data}))
    size = len(attachment.data)
    content = {"extension": mark, "contentType": kind, "url": f"Binary/{binary.id}", "title": attachment.title,
               "size": size}  # fmt: skip
    reference = filled({
        "resourceType": "DocumentReference",
        "meta": _marked(letter),
        "status": "current",
        "subject": about,
        "date": letter.envelope.sent.isoformat(),
        "description": attachment.title,
        "content": [{"attachment": filled(content)}],
    })  # fmt: skip
    return (await journal.create(work, reference)).id


def is_large(letter: Letter, attachment: Attachment) -> bool:
    """Say whether an attachment is stored beside the message; without a patient it stays in it."""
    return letter.patient is not None and len(attachment.data) > LARGEST_INLINE


def inline(attachment: Attachment) -> Resource:
    """Return an attachment as the Communication itself carries it."""
    data = base64.b64encode(attachment.data).decode()
    kind, mark = _kind(attachment)
    given = {"extension": mark, "contentType": kind, "data": data, "url": attachment.link, "title": attachment.title}
    return filled(given)


def mime(attachment: Attachment) -> str:
    """Return the type of a file; what is no type at all is bytes."""
    return attachment.mime if _MIME.fullmatch(attachment.mime) else "application/octet-stream"


def _kind(attachment: Attachment) -> tuple[str, list[Resource] | None]:
    """Return the type a file is kept under, and its mark: what is not what its sender says is kept as bytes."""
    named = mime(attachment)
    if attachment.malware:
        return named, [{"url": MALWARE, "valueString": attachment.malware}]
    if not unlike(named, attachment.data):
        return named, None
    return "application/octet-stream", [{"url": NAMED_TYPE, "valueString": named}]


def subject(letter: Letter) -> Resource | None:
    """Return whom the message is about, as a reference."""
    return {"reference": f"Patient/{letter.patient.id}"} if letter.patient else None


def concept(code: Code, text: str = "", *more: Code) -> Resource:
    """Return a coded value as a CodeableConcept; a code we do not know is kept as it was written.

    more   the same in other lists
    """
    codings = [coding(each) for each in (code, *more) if each.value]
    return filled({"coding": codings, "text": text or code.name or code.other})


def coding(code: Code) -> Resource:
    """Return a coded value as a Coding. Senders write the list as an OID, or as its number in Volven alone."""
    system = f"{VOLVEN}{code.system}" if _NUMBER.fullmatch(code.system) else code.system
    known = f"urn:oid:{system}" if _OID.fullmatch(system) else None
    return filled({"system": known, "code": " ".join(code.value.split()), "display": code.name})


def filled(resource: Resource) -> Resource:
    """Return `resource` without what is empty: FHIR has no empty values."""
    return {name: value for name, value in resource.items() if value not in (None, "", [], {})}


def message_type(communication: Mapping[str, Any] | None) -> str:
    """Return the message type a Communication carries as its category, or ""."""
    categories = (communication or {}).get("category", [])
    codings = [coding for each in categories for coding in each.get("coding", [])]
    return next((str(coding["code"]) for coding in codings if coding.get("system") == MESSAGE_TYPE), "")


def text_of(communication: Mapping[str, Any]) -> str:
    """Return all that a Communication says in words."""
    texts = (part["contentString"] for part in communication.get("payload", []) if "contentString" in part)
    return "\n".join(map(str, texts))
