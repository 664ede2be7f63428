"""Lists of code and name as the Norwegian publishers give them: CSV, JSON or XML, whatever they call the columns.

Columns are known by their names (Helsedirektoratet's kodeverk, ICPC-2, ICD-10, ATC, Norsk laboratoriekodeverk), small
or capital letters, with or without blanks. A list says neither url nor version: the file's name or the operator does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from lxml import etree

from akson.registers import codes
from akson.registers.terminology.formats.items import (
    Advance,
    Begin,
    Fault,
    Item,
    Named,
    Records,
    opened,
    table,
    text_of,
)
from akson.registers.terminology.model import INACTIVE, Json, NewConcept

NLK: Final = codes.volven(7280)
_LARGEST = 512 * 1024 * 1024
_NAMED: Final = (  # in a file's name -> code system, title
    (re.compile(r"icpc"), codes.ICPC2, "ICPC-2"),
    (re.compile(r"icd"), codes.ICD10, "ICD-10"),
    (re.compile(r"(^|[^a-z])atc"), codes.ATC, "ATC"),
    (re.compile(r"nlk|laboratoriekodeverk"), NLK, "Norsk laboratoriekodeverk"),
)
_BY_CATEGORY: Final = frozenset({codes.ICPC2, codes.ICD10})  # whose codes stand below their first three letters
_COLUMNS: Final[Mapping[str, str]] = {
    name: meaning
    for meaning, names in {
        "code": "code codevalue kode kodeverdi value key v nlkkode nlk npukode icpc2 icpckode icd10kode atckode "
                "atccode",
        "display": "display name navn kodenavn norskbruksnavn bruksnavn namenorwegian nameno tekst term rubrikk "
                   "norsktekst norskterm kodetekst beskrivelse atcname atcnavn virkestoff dn",
        "nn": "nynorsk namenynorsk displaynn",
        "en": "engelsk nameenglish english engelsktekst navnengelsk displayen",
        "definition": "definition definisjon description forklaring",
        "parent": "parent parentcode parentcodevalue overordnet overordnetkode foreldrekode parentid",
        "active": "active aktiv erativ isactive",
        "to": "validto gyldigtil tildato utgatt",
        "synonym": "synonym synonymer kortnavn shortname kortform",
    }.items()
    for name in names.split()
}  # fmt: skip


def read(path: Path, named: Named, advance: Advance) -> Iterator[Item]:
    """Yield the code system in a list, and its concepts."""
    head = heading(path.name, named)
    if head is None:
        what = "no code system is known by this name; say which it is (--system)"
        yield Fault(file=path.name, line=0, what=what)
        return
    known = "csv" if path.name.removesuffix(".gz").endswith((".csv", ".txt", ".tsv")) else ""
    records = table(path, advance) if known else (_xml if _is_xml(path) else _json)(path, advance)
    begun = False
    for one in records:
        if isinstance(one, Fault):
            yield one
            continue
        line, row = one
        concept = concept_of(row, head)
        if isinstance(concept, str):
            yield Fault(file=path.name, line=line, what=concept)
            continue
        if not begun:
            yield Begin(head=head)
            begun = True
        yield concept


def heading(name: str, named: Named) -> Json | None:
    """Return the head of a code system known by its file's name or by the operator's word."""
    lower = name.lower()
    url, title = named.system, named.system
    number = re.match(r"(?:volven|kodeverk|codelist|no-kodeverk)?[-_ ]?(\d{4})\b", lower)
    if not url and number:
        url, title = codes.volven(int(number[1])), f"Kodeverk {number[1]}"
    for pattern, known, called in _NAMED if not url else ():
        if pattern.search(lower):
            url, title = known, called
            break
    return head_of(url, title, named.version) if url else None


def head_of(url: str, title: str, version: str) -> Json:
    """Return the head of a code system of Norwegian names."""
    identifier = url if url.startswith("urn:oid:") else ""
    head = {
        "resourceType": "CodeSystem", "url": url, "name": re.sub(r"\W", "", title), "title": title, "status": "active",
        "content": "complete", "language": "nb", "caseSensitive": True, "hierarchyMeaning": "is-a",
        "property": [INACTIVE],
    }  # fmt: skip
    if identifier:
        head["identifier"] = [{"system": "urn:ietf:rfc:3986", "value": identifier}]
    return head | ({"version": version} if version else {})


def concept_of(row: Mapping[str, Any], head: Json) -> NewConcept | str:
    """Return the concept in a row, or what is wrong with it."""
    found: dict[str, str] = {}
    more: list[Json] = []
    for column, value in row.items():
        text = _text(value)
        meaning = _COLUMNS.get(_plain(column))
        if text and meaning and meaning not in found:
            found[meaning] = text
        elif text and not isinstance(value, list | dict):
            more.append({"code": _plain(column), "valueString": text})
    code, display = found.get("code", ""), found.get("display", "")
    if not code or (any(letter.isspace() for letter in code.strip()) and "  " in code):
        return "no code"
    if not display:
        return f"{code[:40]}: no name"
    body: Json = {}
    designations = [{"language": language, "value": found[language]} for language in ("nn", "en") if language in found]
    designations += [{"language": "nb", "value": found["synonym"]}] if "synonym" in found else []
    body |= {"definition": found["definition"]} if "definition" in found else {}
    body |= {"designation": designations} if designations else {}
    if found.get("active", "true").lower() in ("false", "0", "nei", "no", "n"):
        more.append({"code": "inactive", "valueBoolean": True})
    body |= {"property": more} if more else {}
    return NewConcept(code=code, display=display, body=body, parents=_parents(code, found.get("parent", ""), head))


def _parents(code: str, told: str, head: Json) -> list[str]:
    """Return the codes above: as told, else as the code itself says (ATC: A10BA02, A10BA, A10B, A10, A)."""
    if told:
        return [told]
    if head["url"] == codes.ATC:
        return [code[:length] for length in (5, 4, 3, 1) if len(code) > length][:1]
    if head["url"] in _BY_CATEGORY and re.fullmatch(r"[A-Z]\d\d\.?\d+", code):
        return [code[:3]]
    return []


def _plain(name: str) -> str:
    return re.sub(r"[^a-zæøå0-9]", "", str(name).lower()).replace("å", "a").replace("ø", "o")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None or isinstance(value, dict | list) else str(value).strip()


def _is_xml(path: Path) -> bool:
    with opened(path) as file:
        return file.read(100).lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<")


def _json(path: Path, advance: Advance) -> Records:
    """Yield the records of a JSON text: an array, an object that holds one, a tree of children, or one per line."""
    with text_of(path) as file:
        body = file.read(_LARGEST)
    advance(path.stat().st_size)
    try:
        value = json.loads(body)
    except ValueError as error:
        if body.count("\n") > 1 and body.lstrip().startswith("{") and "}\n" in body.replace("\r", ""):
            yield from _lines(path.name, body)
        else:
            yield Fault(file=path.name, line=getattr(error, "lineno", 0), what=f"no JSON: {error}")
        return
    yield from enumerate(_rows(value, ""), start=1)


def _lines(name: str, body: str) -> Records:
    for n, line in enumerate(body.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            yield Fault(file=name, line=n, what=f"no JSON: {error}")
            continue
        if isinstance(row, dict):
            yield n, row
        else:
            yield Fault(file=name, line=n, what="no record")


def _rows(value: Any, parent: str) -> Iterator[Json]:
    if isinstance(value, list):
        for one in value:
            yield from _rows(one, parent)
    elif isinstance(value, dict):
        own = {column: one for column, one in value.items() if not isinstance(one, list | dict)}
        code = next((_text(one) for column, one in own.items() if _COLUMNS.get(_plain(column)) == "code"), "")
        held = [one for one in value.values() if isinstance(one, list) and one and isinstance(one[0], dict)]
        if code and any(_COLUMNS.get(_plain(column)) == "display" for column in own):
            yield own | ({"parent": parent} if parent and "parentCodeValue" not in own else {})
        for one in held:
            yield from _rows(one, code or parent)


def _xml(path: Path, advance: Advance) -> Records:
    """Yield the records of an XML text: every element that has a code among its attributes or children."""
    with opened(path) as file:
        events = etree.iterparse(file, events=("end",), resolve_entities=False, no_network=True, load_dtd=False)
        try:
            for _, element in events:
                row = {str(key): value for key, value in element.attrib.items()}
                row |= {etree.QName(c).localname: c.text for c in element if isinstance(c.tag, str) and not len(c)}
                if any(_COLUMNS.get(_plain(column)) == "code" and value for column, value in row.items()):
                    yield element.sourceline or 0, row
                    element.clear()
        except etree.XMLSyntaxError as error:
            yield Fault(file=path.name, line=error.lineno or 0, what="no XML from here on")
    advance(path.stat().st_size)


Format = Callable[[Path, Named, Advance], Iterator[Item]]
