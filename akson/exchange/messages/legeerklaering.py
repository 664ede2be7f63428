"""Legeerklæring ved arbeidsuførhet 2008-06-06, to NAV and from those who write it; both ways.

In: a Communication in the words of the form, all that was coded and written as a QuestionnaireResponse, the XML as a
file, and a Task. Out: from a Communication about such a QuestionnaireResponse, held to what the form cannot do without.
Source: docs/sources.md#documents; the schema is NAV's own, and strict where an operator gives it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from lxml import etree

from akson.base.errors import Refused
from akson.base.work import Work
from akson.exchange import answers, contents, filing, forms, nodes, parts, statement
from akson.exchange.envelope import Code, Envelope
from akson.exchange.filing import Resource
from akson.exchange.parts import Part
from akson.exchange.registry import Filed, Letter, Standard, message, speaks, writes
from akson.exchange.safexml import Unreadable
from akson.exchange.telling import Told, told
from akson.record import journal
from akson.registers.identifiers import PERSON_SYSTEMS

CODE: Final = "LEGEERKL"
NAME: Final = "Legeerklæring ved arbeidsuførhet"
_NEEDED: Final = {  # what the form cannot do without, as people say it
    ("LegeerklaringGjelder", "typeLegeerklaring"): "hva den gjelder",
    ("Pasientopplysninger", "flereArbeidsforhold"): "om pasienten har flere arbeidsforhold",
    ("DiagnoseArbeidsuforhet", "kodesystem"): "kodeverket til diagnosen",
    ("DiagnoseArbeidsuforhet", "Enkeltdiagnose"): "diagnose",
    ("DiagnoseArbeidsuforhet", "SymptomerBehandling"): "sykehistorie, symptomer og behandling",
    ("DiagnoseArbeidsuforhet", "StatusPresens"): "funn ved undersøkelse",
    ("ForslagTiltak", "BegrensningerTiltak", "BegrunnelseIkkeTiltak"): "hva som begrenser eller taler mot tiltak",
    ("VurderingFunksjonsevne", "arbeidssituasjon"): "arbeidssituasjon",
    ("VurderingFunksjonsevne", "Funksjonsevne"): "funksjonsevne",
    ("Prognose", "bedreArbeidsevne"): "om arbeidsevnen kan bli bedre",
}

speaks(
    Standard(name="Legeerklæring", namespaces={"2008": statement.NAMESPACE}, reads=(CODE,), writes={CODE: "2008"},
             proved=True)
)  # fmt: skip


def in_words(envelope: Envelope) -> Told:
    """Return a statement as people read it. Raises Unreadable T10, T99."""
    return told(envelope, title=NAME, paragraphs=statement.paragraphs(_read(envelope)))


@message(CODE, told=in_words)
async def receive(work: Work, letter: Letter) -> Filed:
    """Put a statement into the record as it was sent, and a task into the unit's inbox.

    Raises   Unreadable T10, T99 -> negative AppRec; the message is kept for a human
    Leaves   Communication, Task, QuestionnaireResponse with all that was coded; for each large attachment a Binary and
             a DocumentReference
    """
    root = _read(letter.envelope)
    filled = await journal.create(work, forms.form(parts.without(root, statement.WITHOUT), letter))
    letter = replace(letter, envelope=forms.with_original(letter.envelope, NAME))
    made = filing.communication(
        letter, await filing.documents(work, letter), topic=filing.concept(Code(value="", name=NAME)),
        said=statement.paragraphs(root), about=[{"reference": filled.reference}],
    )  # fmt: skip
    stored = await journal.create(work, made)
    await journal.create(work, filing.task(letter, stored.id, title=NAME))
    return Filed(communication=stored.id)


def written(root: Part, patient: str, now: datetime) -> tuple[Resource, Resource]:
    """Return a statement as the Communication that is sent and the form it is about.

    patient  id of the Patient
    """
    about, said = {"reference": f"Patient/{patient}"}, statement.paragraphs(root)
    category = filing.concept(Code(value=CODE, system=filing.MESSAGE_TYPE.removeprefix("urn:oid:"), name=NAME))
    communication = {
        "resourceType": "Communication", "subject": about, "category": [category], "topic": {"text": NAME},
        "payload": [{"contentString": each} for each in said],
    }  # fmt: skip
    form = {"resourceType": "QuestionnaireResponse", "status": "completed", "subject": about,
            "authored": now.isoformat(), "item": answers.items(root)}  # fmt: skip
    return communication, form


@writes(CODE)
def from_communication(
    communication: Resource, beside: Sequence[Mapping[str, Any]], now: datetime
) -> tuple[Code, etree._Element]:
    """Return the message for a Communication one of us has written.

    beside   the patient, and the QuestionnaireResponse it is about
    Raises   Refused AK-X001 it is about no form, AK-X030 the form lacks what it cannot do without, AK-X007 and AK-X008
             its words must not leave
    """
    form = next((each for each in beside if each["resourceType"] == "QuestionnaireResponse"), None)
    patient = next(each for each in beside if each["resourceType"] == "Patient")
    if form is None or not form.get("item"):
        raise Refused("AK-X001")
    root = answers.tree(statement.ROOT, form["item"])
    if lacking := missing(root):
        raise Refused("AK-X030", what=", ".join(lacking))
    number = next((each["value"] for each in patient.get("identifier", ()) if each.get("system") in PERSON_SYSTEMS), "")
    contents.check("\n".join(statement.paragraphs(root)), number)
    return Code(value=CODE, name=NAME), statement.build(_about(root, patient, number))


def missing(root: Part) -> list[str]:
    """Return what a statement cannot do without and lacks, as people say it."""
    held = {each.name: each for each in reversed(root.parts)}
    return [said for (above, *names), said in _NEEDED.items() if above not in held or not held[above].said(*names)]


def _about(root: Part, patient: Mapping[str, Any], number: str) -> Part:
    """Return the statement with who it is about, as NAV's form has it: by name and number, without where they live.

    NAV has the address from the population register, also where nobody else may know it; its place is left empty.
    """
    name = (patient.get("name") or [{}])[0]
    named = (("Etternavn", name.get("family", "")), ("Fornavn", " ".join(name.get("given", ()))))
    who = (
        Part(name="fodselsnummer", text=number), Part(name="Navn", parts=tuple(Part(name=n, text=t) for n, t in named)),
        Part(name="PersonAdr", parts=(Part(name="adressetype", text="H"), Part(name="PostalAddress"))),
    )  # fmt: skip
    return replace(root, parts=tuple(_with(each, who) if each.name == "Pasientopplysninger" else each
                                     for each in root.parts))  # fmt: skip


def _with(told_of: Part, who: tuple[Part, ...]) -> Part:
    inside = [each for each in told_of.parts if each.name == "Pasient"] or [Part(name="Pasient")]
    rest = tuple(each for each in told_of.parts if each.name != "Pasient")
    return replace(told_of, parts=(*rest, replace(inside[0], parts=(*inside[0].parts, *who))))


def _read(envelope: Envelope) -> Part:
    body = envelope.body
    if nodes.local(body) != statement.ROOT or nodes.namespace(body) != statement.NAMESPACE:
        raise Unreadable("T10", "Innholdet er et annet enn meldingstypen sier, eller i en versjon vi ikke kan lese.")
    return statement.read(body)
