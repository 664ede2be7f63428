"""Any structured message as people read it: each element by its name, codes by what they are called. Pure.

For documents we do not take apart into resources: all that was sent can be read, in the order it was sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Final

from lxml import etree

from akson.exchange import nodes
from akson.exchange.nodes import local

MOST_LINES: Final = 3000
_WORDS: Final = re.compile(r"[A-ZÆØÅ]+(?![a-zæøå])|[A-ZÆØÅ]?[a-zæøå]+|\d+")
_DATE: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d).*|Z|[+-]\d\d:\d\d)?")
_PART_OF_DATE: Final = re.compile(r"\d{4}(-\d\d)?", re.ASCII)
_NAMES: Final = {  # what is written in English, or without its Norwegian letters
    "AdmCat": "Innleggelse", "AdmOutcome": "Utfall", "AdmDate": "Inn", "DischDate": "Ut", "Comment": "Kommentar",
    "Concept": "Begrep", "Diagnosis": "Diagnose", "Event": "Opphold", "Heading": "Overskrift", "InfItem": "Opplysning",
    "IssueDate": "Dato", "Medication": "Legemiddel", "MsgDescr": "Gjelder", "MedSpeciality": "Fagområde",
    "TypeInnhold": "Innhold", "Value": "Verdi", "ServId": "Tjeneste", "RettTilHelsehjelp": "Rett til helsehjelp",
    "Omsorgsniva": "Omsorgsnivå", "VurderingAvHenvisning": "Vurdering av henvisningen", "Modifier": "Presisering",
    "Observation": "Funn", "Description": "Beskrivelse", "Priority": "Hastegrad", "Purpose": "Formål",
    "ReasonAsText": "Opplysninger", "RelHCProvider": "Helsepersonell", "ReqServ": "Ønsket tjeneste",
    "ReqDate": "Ønsket dato", "ResultItem": "Resultat", "Service": "Tjeneste", "ServType": "Utgave", "Status": "Status",
    "TextResultValue": "Tekst", "TextCode": "Kode", "StartDateTime": "Fra", "EndDateTime": "Til", "Name": "Navn",
    "DosageText": "Dosering", "DrugId": "Preparat", "UnitDose": "Enhet", "QuantitySupplied": "Mengde",
    "Parorende": "Pårørende", "ParorendeForesatt": "Pårørende eller foresatt", "Sprak": "Språk",
    "InfoKartleggingFunksjonsniva": "Funksjonsnivå", "Arsak": "Årsak", "Sporsmal": "Spørsmål",
    "InfoMaalForventetRes": "Mål og forventet resultat", "DiagnoseArbeidsuforhet": "Diagnose ved arbeidsuførhet",
    "AndreForhold": "Andre forhold", "HenvistUtredning": "Henvist til utredning",
}  # fmt: skip
_IDENTITY: Final = frozenset({"Ident", "Id", "TypeId", "OffId", "TypeOffId", "AdditionalId", "HCP", "Address"})
_SILENT: Final = frozenset({"S", "OT", "schemaLocation", "type", "nil", "fodselsnummer"})


def paragraphs(body: etree._Element) -> list[str]:
    """Return the document as paragraphs, one for each of its main parts."""
    return cut(lines(part, 0) for part in elements(body))


def cut(told: Iterable[Iterator[str]]) -> list[str]:
    """Return paragraphs, each given line by line, until there is no end to it."""
    found: list[str] = []
    lines_left = MOST_LINES
    for each in told:
        some = [line for line, _ in zip(each, range(lines_left), strict=False)]
        lines_left -= len(some)
        if some:
            found.append("\n".join(some))
    if lines_left <= 0:
        found.append("(Resten står i den opprinnelige meldingen, som ligger ved.)")
    return found or ["(Meldingen har ingen tekst.)"]


def label(name: str) -> str:
    """Return an element's name as words: "InfoMedisinskDiagnose" -> "Info medisinsk diagnose"."""
    if name in _NAMES:
        return _NAMES[name]
    words = [word if word.isupper() and len(word) > 1 else word.lower() for word in _WORDS.findall(name)]
    joined = " ".join(words)
    return joined[:1].upper() + joined[1:]


def elements(node: etree._Element) -> list[etree._Element]:
    """Return what is right below an element."""
    return [each for each in node if isinstance(each.tag, str)]


def lines(node: etree._Element, depth: int) -> Iterator[str]:
    """Yield one element: "Hoveddiagnose: Hjertesvikt", or its name and what is inside it, a step further in."""
    if local(node) in _IDENTITY:
        return
    inner, name, indent = elements(node), label(local(node)), "– " * min(depth, 4)
    if inner and all(local(each) in nodes.XHTML_BLOCKS | {"b", "i", "strong", "em", "span"} for each in inner):
        value, inner = nodes.prose(node), []
    else:
        value = value_of(node)
    below = [line for each in inner for line in lines(each, depth + 1)]
    if value or below:
        yield f"{indent}{name}: {value}" if value else f"{indent}{name}"
        yield from below


def value_of(node: etree._Element) -> str:
    """Return what an element itself says: its text, what its code is called, its other attributes."""
    attributes = {etree.QName(key).localname: " ".join(str(value).split()) for key, value in node.attrib.items()}
    code, name, other = (attributes.pop(key, "") for key in ("V", "DN", "OT"))
    unit = attributes.pop("U", "")
    told = name and (not code or _DATE.fullmatch(code) or (_PART_OF_DATE.fullmatch(code) and code in name))
    coded = name if told else f"{name} ({code})" if name else said(code)
    written = [] if elements(node) else (node.text or "").strip().splitlines()
    own = "\n".join(" ".join(line.split()) for line in written)
    parts = [said(own), f"{coded} {unit}".strip(), other if other != name else ""]
    parts += [
        f"{label(key).lower()} {said(value)}" for key, value in attributes.items() if key not in _SILENT and value
    ]
    return ", ".join(filter(None, parts))


def said(value: str) -> str:
    """Return a value as people write it: dates as 24.11.2026 10.00, by the clock here, yes and no."""
    if value in ("true", "false"):
        return "ja" if value == "true" else "nei"
    found = _DATE.fullmatch(value)
    if not found:
        return value
    with suppress(ValueError, OverflowError):
        at = datetime.fromisoformat(value) if found[4] else None
        if at and at.tzinfo:
            return f"{at.astimezone(nodes.OSLO):%d.%m.%Y %H.%M}"
    clock = f" {found[4]}.{found[5]}" if found[4] else ""
    return f"{found[3]}.{found[2]}.{found[1]}{clock}"
