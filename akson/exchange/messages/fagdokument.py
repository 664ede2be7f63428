"""Structured documents that are read, kept whole and told in words, but not taken apart into resources yet.

Legeerklæring (to and from NAV), Henvisning 2.0, Epikrise 1.1 and 1.2, and the messages of nursing and care (PLO 1.6).
In: a Communication with all that was sent as text and the original XML as a file, and a Task for the unit.
Source: docs/sources.md#documents; names of elements and types from the national tables, no schema was held to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from lxml import etree

from akson.base.work import Work
from akson.exchange import fagmelding, filing, nodes, prose
from akson.exchange.envelope import Attachment, Code, Envelope
from akson.exchange.registry import Filed, Letter, Standard, message, speaks
from akson.exchange.safexml import Unreadable
from akson.exchange.telling import Told, told
from akson.record import journal

PO: Final = "http://www.kith.no/xmlstds/po/"


@dataclass(frozen=True, kw_only=True)
class Document:
    """One type: what it is called, its root element, and how soon it must be seen."""

    name: str
    root: str
    priority: str = "routine"


CARE: Final = {
    "LOG_INNLAGT": Document(name="Melding om innlagt pasient", root="MeldingInnlagtPasient"),
    "INNLEGGELSESRAPPORT": Document(name="Innleggelsesrapport", root="Innleggelsesrapport", priority="urgent"),
    "HELSEOPPL_SOKNAD": Document(name="Helseopplysninger ved søknad", root="HelseopplysningerVedSoknad"),
    "LOG_UTSKRIVNINGSKLAR": Document(
        name="Melding om utskrivningsklar pasient", root="MeldingUtskrivningsklarPasient", priority="urgent"
    ),
    "LOG_AVMELDING": Document(
        name="Avmelding av utskrivningsklar pasient", root="AvmeldingUtskrivningsklarPasient", priority="urgent"
    ),
    "LOG_UTSKREVET": Document(name="Melding om utskrevet pasient", root="MeldingOmUtskrevetPasient", priority="urgent"),
    "UTSKRIVNINGSRAPPORT": Document(name="Utskrivningsrapport", root="TverrfagligEpikrise", priority="urgent"),
    "LOG_DOD": Document(name="Orientering om dødsfall", root="OrienteringOmDod", priority="urgent"),
    "ORIENTERING_TJENESTETILBUD": Document(name="Orientering om tjenestetilbud", root="OrienteringOmTjenestetilbud"),
    "HELSEOPPLYSNINGER_LEGE": Document(name="Helseopplysninger til lege", root="HelseopplysningerTilLege"),
    "MEDISINSKE_OPPLYSNINGER": Document(name="Medisinske opplysninger", root="MedisinskeOpplysninger"),
}
REFERRAL: Final = {
    "HENVISNING_NYTILSTAND": Document(name="Henvisning", root="Henvisning"),
    "HENVISNING_VIDERE": Document(name="Viderehenvisning", root="Henvisning"),
}
DISCHARGE: Final = {"EPIKRISE": Document(name="Epikrise", root="Message")}
NAV: Final = {"LEGEERKL": Document(name="Legeerklæring ved arbeidsuførhet", root="Legeerklaring")}
DOCUMENTS: Final[Mapping[str, Document]] = CARE | REFERRAL | DISCHARGE | NAV
_SPACES: Final = {  # beside PO, which has one for each message
    "http://ehelse.no/xmlstds/henvisning/2017-11-30", *fagmelding.LETTERS.values(),
    "http://www.kith.no/xmlstds/legeerklaring/2008-06-06",
}  # fmt: skip

speaks(Standard(name="Pleie og omsorg", namespaces={"1.6": f"{PO}poKomponent/2012-04-01"}, reads=tuple(CARE)))
speaks(
    Standard(
        name="Henvisning", namespaces={"2.0": "http://ehelse.no/xmlstds/henvisning/2017-11-30"}, reads=tuple(REFERRAL)
    )
)
speaks(Standard(name="Epikrise", namespaces=fagmelding.LETTERS, reads=tuple(DISCHARGE)))
speaks(
    Standard(
        name="Legeerklæring",
        namespaces={"2008": "http://www.kith.no/xmlstds/legeerklaring/2008-06-06"},
        reads=tuple(NAV),
    )
)


def in_words(envelope: Envelope) -> Told:
    """Return a document as people read it. Raises Unreadable T10."""
    return told(envelope, title=_document(envelope).name, paragraphs=prose.paragraphs(_content(envelope)))


@message(*DOCUMENTS, told=in_words)
async def receive(work: Work, letter: Letter) -> Filed:
    """Put a document into the record as it was sent, readable, and a task into the unit's inbox.

    Raises   Unreadable T10 -> negative AppRec; the message is kept for a human
    Leaves   Communication, Task, and for each large attachment a Binary and a DocumentReference
    """
    document, said = _document(letter.envelope), prose.paragraphs(_content(letter.envelope))
    letter = replace(letter, envelope=_with_original(letter.envelope, document))
    topic = filing.concept(Code(value="", name=document.name))
    made = filing.communication(
        letter, await filing.documents(work, letter), topic=topic, said=said, priority=document.priority
    )
    stored = await journal.create(work, made)
    await journal.create(work, filing.task(letter, stored.id, title=document.name, priority=document.priority))
    return Filed(communication=stored.id)


def _document(envelope: Envelope) -> Document:
    """Return what sort of document a message holds. Raises Unreadable T10 when its content is of another sort."""
    document = DOCUMENTS.get(envelope.type.value) or DOCUMENTS[envelope.type.name]
    space = nodes.namespace(envelope.body)
    if nodes.local(envelope.body) != document.root or not (space in _SPACES or space.startswith(PO)):
        raise Unreadable("T10", "Innholdet er et annet enn meldingstypen sier, eller i en versjon vi ikke kan lese.")
    return document


def _content(envelope: Envelope) -> etree._Element:
    """Return what is told: of a message with its own head, what stands below the head."""
    inner: etree._Element | None = nodes.child(envelope.body, "ServRprt")
    return envelope.body if inner is None else inner


def _with_original(envelope: Envelope, document: Document) -> Envelope:
    """Return the message with the document itself among its files: nothing that was coded is lost."""
    data: bytes = etree.tostring(envelope.body, method="c14n")
    original = Attachment(title=f"{document.name} (XML)", mime="application/xml", data=data)
    return replace(envelope, attachments=(*envelope.attachments, original))
