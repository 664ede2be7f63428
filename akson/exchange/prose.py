"""Any structured message as people read it: each element by its name, codes by what they are called. Pure.

For documents we do not take apart into resources: all that was sent can be read, in the order it was sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lxml import etree

from akson.exchange import nodes
from akson.exchange.nodes import local

MOST_LINES: Final = 3000
_WORDS: Final = re.compile(r"[A-ZÆØÅ]+(?![a-zæøå])|[A-ZÆØÅ]?[a-zæøå]+|\d+")
_DATE: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d).*|Z|[+-]\d\d:\d\d)?")
_NAMES: Final = {  # what is written in English, or without its Norwegian letters
    "AdmCat": "Innleggelse", "AdmOutcome": "Utfall", "AdmDate": "Inn", "DischDate": "Ut", "Comment": "Kommentar",
    "Concept": "Begrep", "Diagnosis": "Diagnose", "Event": "Opphold", "Heading": "Overskrift", "InfItem": "Opplysning",
    "IssueDate": "Dato", "Medication": "Legemiddel", "MsgDescr": "Gjelder", "Modifier": "Presisering",
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
    found: list[str] = []
    lines_left = MOST_LINES
    for part in _elements(body):
        lines = [line for line, _ in zip(_lines(part, 0), range(lines_left), strict=False)]
        lines_left -= len(lines)
        if lines:
            found.append("\n".join(lines))
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


def _elements(node: etree._Element) -> list[etree._Element]:
    return [each for each in node if isinstance(each.tag, str)]


def _lines(node: etree._Element, depth: int) -> Iterator[str]:
    """Yield one element: "Hoveddiagnose: Hjertesvikt", or its name and what is inside it, a step further in."""
    if local(node) in _IDENTITY:
        return
    inner, name, indent = _elements(node), label(local(node)), "– " * min(depth, 4)
    if inner and all(local(each) in nodes.XHTML_BLOCKS | {"b", "i", "strong", "em", "span"} for each in inner):
        value, inner = nodes.prose(node), []
    else:
        value = _value(node)
    below = [line for each in inner for line in _lines(each, depth + 1)]
    if value or below:
        yield f"{indent}{name}: {value}" if value else f"{indent}{name}"
        yield from below


def _value(node: etree._Element) -> str:
    """Return what an element itself says: its text, what its code is called, its other attributes."""
    attributes = {etree.QName(key).localname: " ".join(str(value).split()) for key, value in node.attrib.items()}
    code, name, other = (attributes.pop(key, "") for key in ("V", "DN", "OT"))
    unit = attributes.pop("U", "")
    coded = f"{name} ({code})" if name and code and not _DATE.fullmatch(code) else name or said(code)
    own = (
        "" if _elements(node) else "\n".join(" ".join(line.split()) for line in (node.text or "").strip().splitlines())
    )
    parts = [said(own), f"{coded} {unit}".strip(), other if other != name else ""]
    parts += [
        f"{label(key).lower()} {said(value)}" for key, value in attributes.items() if key not in _SILENT and value
    ]
    return ", ".join(filter(None, parts))


def said(value: str) -> str:
    """Return a value as people write it: dates as 24.11.2026 10.00, yes and no."""
    if value in ("true", "false"):
        return "ja" if value == "true" else "nei"
    found = _DATE.fullmatch(value)
    if not found:
        return value
    clock = f" {found[4]}.{found[5]}" if found[4] else ""
    return f"{found[3]}.{found[2]}.{found[1]}{clock}"
