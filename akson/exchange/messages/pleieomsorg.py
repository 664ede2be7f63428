"""Pleie og omsorg 1.6 (PLO): what hospital, municipality and GP tell each other of a patient in care; both ways.

In: a Communication, all that was coded as a QuestionnaireResponse, the hospital stay as an Encounter with an order to
our unit, clinical content as proposals in a List, and a Task with the time it is due. Out: from a Communication and the
resources it is about. Source: docs/sources.md#documents; names of elements from the national tables, unverified.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from lxml import etree

from akson.base.errors import Refused
from akson.base.work import Work
from akson.exchange import answers, blocks, filing, forms, nodes, parts, prose, stays
from akson.exchange.envelope import Code, Envelope
from akson.exchange.filing import VOLVEN, Resource, concept, filled
from akson.exchange.parts import Part
from akson.exchange.registry import Filed, Letter, Standard, message, speaks, writes
from akson.exchange.safexml import Unreadable
from akson.exchange.stays import Event, Step
from akson.exchange.telling import Told, told
from akson.record import journal
from akson.record.stored import Stored

PO: Final = "http://www.kith.no/xmlstds/po/"
INSIDE: Final = f"{PO}poKomponent/2012-04-01"
_DAY: Final = timedelta(days=1)
BELIEVABLE: Final = 730 * _DAY  # between what happened and when it is told of


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One type of message.

    due     how soon it must be seen to after it came; our own choice, told in docs/exchange.md
    step    what it says of the hospital stay; None: it belongs to no stay
    list_   Volven list of what it can hold (TypeInnhold), and what it holds where its writer does not say
    bare    it holds no health information
    said    element our own text goes in
    """

    name: str
    root: str
    space: str
    due: timedelta
    step: Step | None = None
    urgent: bool = False
    list_: str = ""
    usual: str = ""
    bare: bool = False
    said: str = "Sykepleierdokumentasjon/InfoFraSykepleier"


def _logistics(name: str, root: str, step: Step, due: timedelta) -> Kind:
    return Kind(
        name=name, root=root, space="Pasientlogistikk", due=due, step=step, urgent=True, bare=True, said="Merknad"
    )


_MEDICAL: Final = "MedisinskfagligeOpplysninger/GenereltJournalnotat/Journaltekst"
KINDS: Final = {
    "LOG_INNLAGT": _logistics("Melding om innlagt pasient", "MeldingInnlagtPasient", Step.ADMITTED, _DAY),
    "INNLEGGELSESRAPPORT": Kind(
        name="Innleggelsesrapport", root="Innleggelsesrapport", space="Innleggelsesrapport", due=timedelta(hours=4),
        urgent=True,
    ),
    "HELSEOPPL_SOKNAD": Kind(
        name="Helseopplysninger ved søknad", root="HelseopplysningerVedSoknad", space="HelseopplysningerVedSoknad",
        due=_DAY, step=Step.TOLD, list_="9140", usual="1",
    ),
    "LOG_UTSKRIVNINGSKLAR": _logistics(
        "Melding om utskrivningsklar pasient", "MeldingUtskrivningsklarPasient", Step.READY, timedelta(hours=2)
    ),
    "LOG_AVMELDING": _logistics(
        "Avmelding av utskrivningsklar pasient", "AvmeldingUtskrivningsklarPasient", Step.NOT_READY, timedelta(hours=4)
    ),
    "LOG_UTSKREVET": _logistics(
        "Melding om utskrevet pasient", "MeldingOmUtskrevetPasient", Step.DISCHARGED, timedelta(hours=4)
    ),
    "UTSKRIVNINGSRAPPORT": Kind(
        name="Utskrivningsrapport", root="TverrfagligEpikrise", space="TverrfagligEpikrise", due=timedelta(hours=4),
        step=Step.REPORTED, urgent=True, list_="9139", usual="11",
    ),
    "LOG_DOD": _logistics("Orientering om dødsfall", "OrienteringOmDod", Step.DIED, timedelta(hours=4)),
    "ORIENTERING_TJENESTETILBUD": Kind(
        name="Orientering om tjenestetilbud", root="OrienteringOmTjenestetilbud", space="OrienteringOmTjenestetilbud",
        due=7 * _DAY,
    ),
    "HELSEOPPLYSNINGER_LEGE": Kind(
        name="Helseopplysninger til lege", root="HelseopplysningerTilLege", space="HelseopplysningerTilLege",
        due=3 * _DAY, list_="9137", usual="2",
    ),
    "MEDISINSKE_OPPLYSNINGER": Kind(
        name="Medisinske opplysninger", root="MedisinskeOpplysninger", space="MedisinskeOpplysninger", due=3 * _DAY,
        list_="9138", usual="1", said=_MEDICAL,
    ),
}  # fmt: skip
_NO_TIME: Final = (Step.TOLD, Step.REPORTED)
CHANGE: Final = f"{VOLVEN}7309"  # new, changed, added to or taken back
_NEW: Final = Code(value="N", system=CHANGE, name="Ny")
_CHANGES: Final = {
    "M": "Denne meldingen endrer en som er sendt før.", "A": "Denne meldingen er et tillegg til en som er sendt før.",
    "C": "Denne meldingen trekker tilbake en som er sendt før.",
}  # fmt: skip
_EVENTS: Final = {"1": "Pasient innlagt", "2": "Pasient utskrevet", "3": "Pasient utskrivningsklar",
                  "4": "Avmelding av utskrivningsklar pasient", "13": "Pasienten er død"}  # fmt: skip

speaks(
    Standard(name="Pleie og omsorg", namespaces={"1.6": INSIDE}, reads=tuple(KINDS), writes=dict.fromkeys(KINDS, "1.6"))
)


def in_words(envelope: Envelope) -> Told:
    """Return a message as people read it. Raises Unreadable T10."""
    return told(envelope, title=_kind(envelope).name, paragraphs=_said(envelope))


@message(*KINDS, told=in_words)
async def receive(work: Work, letter: Letter) -> Filed:
    """Put a message into the record, move the hospital stay on by it, and a task into the unit's inbox.

    Raises   Unreadable T02, T10, T99 -> negative AppRec; the message is kept for a human
    Leaves   Communication, Task, QuestionnaireResponse; Encounter and ServiceRequest where it tells of a stay; a List
             of what is proposed; for each large attachment a Binary and a DocumentReference. A test moves no stay
    """
    kind, root = _kind(letter.envelope), parts.read(letter.envelope.body)
    event = event_of(kind, root, letter.envelope)
    stay = await stays.follow(work, letter, event) if event and not letter.envelope.test else None
    sent, kept = letter.envelope.sent.isoformat(), _change(root) != "C"
    held = blocks.proposals(root, filing.subject(letter), sent) if kept else []
    made = (forms.form(root, letter, _encounter(stay)), forms.proposed(held, kind.name, letter, _encounter(stay)))
    about = [(await journal.create(work, each)).reference for each in made if each]
    letter = replace(letter, envelope=forms.with_original(letter.envelope, kind.name))
    stored = await journal.create(
        work, as_communication(kind, root, letter, await filing.documents(work, letter), about, stay)
    )
    await journal.create(work, as_task(kind, letter, stored.id, stay))
    return Filed(communication=stored.id)


def event_of(kind: Kind, root: Part, envelope: Envelope) -> Event | None:
    """Return what a message says of the stay; one without a time of its own tells it of when it was sent."""
    if kind.step is None:
        return None
    found = (each for each in root.all("TidsfestetHendelse") if each.said("Hendelsekode") in ("", kind.step.value))
    told_of = None if kind.step in _NO_TIME else next(found, None)
    written = blocks.moment(told_of.said("TidspunktForHendelse")) if told_of else ""
    at = nodes.moment(written, what="TidspunktForHendelse") if written else envelope.sent
    if abs(at - envelope.sent) > BELIEVABLE:
        raise Unreadable("T02", "TidspunktForHendelse er flere år fra da meldingen ble sendt.")
    left = root.first("UtskrevetTil")
    codes = [code for name in ("UtTil", "Uttilstand") if left and (code := left.coded(name))]
    home = concept(codes[0], "", *codes[1:]) if codes else None
    return Event(step=kind.step, at=at, withdrawn=_change(root) == "C", home=home)


def as_communication(kind: Kind, root: Part, letter: Letter, documents: Sequence[str], about: Sequence[str],
                     stay: Stored | None) -> Resource:  # fmt: skip
    """Return the message as a Communication; what it is, new or changed, and of which sort, stands as its reason."""
    inside = root.first("InformasjonOmForsendelse")
    codes = [code for name in ("Forsendelsesstatus", "TypeInnholdIMelding") if inside and (code := inside.coded(name))]
    return filing.communication(
        letter,
        documents,
        topic=concept(Code(value="", name=kind.name)),
        said=_said(letter.envelope),
        priority="urgent" if kind.urgent else "routine",
        reasonCode=[concept(code) for code in codes],
        about=[{"reference": each} for each in about],
        **({"encounter": _encounter(stay)} if stay else {}),
    )


def as_task(kind: Kind, letter: Letter, communication: str, stay: Stored | None) -> Resource:
    """Return the task that puts the message into the unit's inbox, with when it is due."""
    priority = "urgent" if kind.urgent else "routine"
    task = filing.task(letter, communication, title=kind.name, priority=priority)
    until = {"restriction": {"period": {"end": (letter.received + kind.due).isoformat()}}}
    return filled(task | until | {"encounter": _encounter(stay)})


@writes(*KINDS)
def from_communication(
    communication: Resource, beside: Sequence[Mapping[str, Any]], now: datetime
) -> tuple[Code, etree._Element]:
    """Return the message for a Communication one of us has written.

    beside   the patient, the resources it is about, and its Encounter
    Raises   Refused AK-X001 it would say nothing, AK-X012 health information in a message that must hold none
    """
    code = filing.message_type(communication)
    kind, text = KINDS[code], filing.text_of(communication)
    told_of = [each for each in beside if each.get("code") != stays.TAKE_HOME]
    held = tuple(each for each in blocks.blocks(told_of) if each)
    if kind.bare and held:
        raise Refused("AK-X012", type=kind.name)
    stay = next((each for each in beside if each["resourceType"] == "Encounter"), {})
    event = _happened(kind, stay, beside, now)
    if not (event or held or text.strip()) or (kind.bare and event is None):
        raise Refused("AK-X001")
    inner = (_sending(kind, communication), event, _left(stay) if event else None, *held, _text(kind, text))
    root = Part(name=kind.root, parts=_joined(part for part in inner if part))
    return Code(value=code, name=kind.name), parts.build(root, f"{PO}{kind.space}/2012-04-01", INSIDE)


def _sending(kind: Kind, communication: Resource) -> Part | None:
    codes = [one for each in communication.get("reasonCode", ()) if (one := blocks.coded(each))]
    status = next((each for each in codes if each.system == CHANGE), _NEW)
    sort = next((each for each in codes if each.system == f"{VOLVEN}{kind.list_}"), None)
    usual = Code(value=kind.usual, system=f"{VOLVEN}{kind.list_}") if kind.usual else None
    return parts.group("InformasjonOmForsendelse", parts.coded("Forsendelsesstatus", status),
                       parts.coded("TypeInnholdIMelding", sort or usual))  # fmt: skip


def _happened(kind: Kind, stay: Mapping[str, Any], beside: Sequence[Mapping[str, Any]], now: datetime) -> Part | None:
    """Return the event of a message that tells of one, with its time by the stay or the order it stands on."""
    order = next((each for each in beside if each.get("code") == stays.TAKE_HOME), {})
    period = stay.get("period") or {}
    patient = next((each for each in beside if each["resourceType"] == "Patient"), {})
    at = {
        Step.ADMITTED: period.get("start"), Step.DISCHARGED: period.get("end"),
        Step.DIED: patient.get("deceasedDateTime") or (period.get("end") if _died_there(stay) else None),
        Step.READY: (order.get("occurrencePeriod") or {}).get("start"),
        Step.NOT_READY: nodes.iso(now),
    }.get(kind.step or Step.TOLD)  # fmt: skip
    if not at or kind.step is None:
        return None
    code = Code(value=kind.step.value, system=f"{VOLVEN}9121", name=_EVENTS[kind.step.value])
    return parts.group("TidsfestetHendelse", parts.coded("Hendelsekode", code), parts.dated("TidspunktForHendelse", at))


def _died_there(stay: Mapping[str, Any]) -> bool:
    home = (stay.get("hospitalization") or {}).get("dischargeDisposition") or {}
    return stays.EXPIRED in home.get("coding", ())


def _left(stay: Mapping[str, Any]) -> Part | None:
    home = (stay.get("hospitalization") or {}).get("dischargeDisposition") or {}
    codes = {
        code.system.removeprefix(VOLVEN): code for each in home.get("coding", ()) if (code := answers.code_of(each))
    }
    return parts.group("UtskrevetTil", parts.coded("UtTil", codes.get("8408")),
                       parts.coded("Uttilstand", codes.get("8431")))  # fmt: skip


def _text(kind: Kind, text: str) -> Part | None:
    """Return our own words in the element where this type has them."""
    *above, last = kind.said.split("/")
    part = parts.leaf(last, text.strip())
    for name in reversed(above):
        part = parts.group(name, part)
    return part


def _joined(held: Any) -> tuple[Part, ...]:
    """Return the parts with those of one name, which hold others, as one."""
    found: dict[str, Part] = {}
    rest: list[Part] = []
    for part in held:
        if part.name == "MedisinskfagligeOpplysninger" and part.name in found:
            before = found[part.name]
            rest[rest.index(before)] = found[part.name] = replace(before, parts=(*before.parts, *part.parts))
        else:
            found[part.name] = part
            rest.append(part)
    return tuple(rest)


def _kind(envelope: Envelope) -> Kind:
    """Return which type a message is. Raises Unreadable T10 when its content is of another."""
    kind = KINDS.get(envelope.type.value) or KINDS[envelope.type.name]
    if nodes.local(envelope.body) != kind.root or not nodes.namespace(envelope.body).startswith(PO):
        raise Unreadable("T10", "Innholdet er et annet enn meldingstypen sier, eller i en versjon vi ikke kan lese.")
    return kind


def _change(root: Part) -> str:
    inside = root.first("InformasjonOmForsendelse")
    return inside.said("Forsendelsesstatus") if inside else ""


def _said(envelope: Envelope) -> list[str]:
    change = nodes.code(envelope.body, "InformasjonOmForsendelse", "Forsendelsesstatus")
    first = _CHANGES.get(change.value if change else "")
    return [*([first] if first else []), *prose.paragraphs(envelope.body)]


def _encounter(stay: Stored | None) -> Resource | None:
    return {"reference": stay.reference} if stay else None
