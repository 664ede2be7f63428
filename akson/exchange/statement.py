"""NAV's Legeerklæring 2008-06-06 as a tree of parts: read leniently, written as its schema says, told in words. Pure.

What the schema has as attributes are parts as the elements are, with what their codes are called.
Source   http://www.kith.no/xmlstds/legeerklaring/2008-06-06 (docs/sources.md#documents)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from lxml import etree

from akson.exchange import nodes, parts, prose
from akson.exchange.envelope import Code
from akson.exchange.filing import VOLVEN
from akson.exchange.parts import Part

NAMESPACE: Final = "http://www.kith.no/xmlstds/legeerklaring/2008-06-06"
ROOT: Final = "Legeerklaring"
WITHOUT: Final = frozenset({"Navn", "fodselsnummer", "PersonAdr"})  # who it is stands in the envelope
KINDS: Final = {
    "1": "Sykefravær i mer enn 8 uker", "2": "Arbeidsavklaringspenger (før: rehabiliteringspenger)",
    "3": "Arbeidsrettede tiltak (før: yrkesrettet attføring)", "4": "Uføretrygd (før: uførepensjon)",
}  # fmt: skip
YES, NO, UNKNOWN = "1", "2", "3"
YES_NO: Final = {YES: "Ja", NO: "Nei"}
YES_NO_UNKNOWN: Final = YES_NO | {UNKNOWN: "Vet ikke"}
WHEN: Final = {"1": "Nå", "2": "Etter behandling"}
SITUATIONS: Final = {"1": "Inntektsgivende arbeid", "2": "Hjemmearbeidende", "3": "Student", "4": "Annet"}
MEASURES: Final = {
    "1": "Kjøp av helsetjenester", "2": "Reisetilskudd i stedet for sykepenger", "3": "Aktiv sykmelding",
    "4": "Hjelpemidler på arbeidsplassen", "5": "Arbeidsrettede tiltak (før: yrkesrettet attføring)",
    "6": "Friskmelding til arbeidsformidling", "7": "Andre tiltak",
}  # fmt: skip
CONTACTS: Final = {"1": "Behandlende lege", "2": "Arbeidsgiver", "3": "Arbeidskontoret", "4": "Basisgruppen",
                   "5": "Annen instans"}  # fmt: skip
CODINGS: Final = {"1": "ICPC", "2": "ICD-9", "3": "ICD-10", "4": "ICPC-1", "5": "ICPC-2"}
ICPC, ICD_10 = f"{VOLVEN}7170", f"{VOLVEN}7110"
_SYSTEMS: Final = {"1": ICPC, "3": ICD_10, "5": ICPC}
LISTS: Final[Mapping[str, Mapping[str, str]]] = {
    "typeLegeerklaring": KINDS, "flereArbeidsforhold": YES_NO_UNKNOWN, "kodesystem": CODINGS,
    "arbeidssituasjon": SITUATIONS, "typeTiltak": MEASURES, "kontakt": CONTACTS, "narGjenopptaArbeid": WHEN,
    "narTaAnnetArbeid": WHEN,
    **dict.fromkeys(("primartArbeidsforhold", "borVurderes", "tiltak", "gjenopptaArbeid", "taAnnetArbeid",
                     "bedreArbeidsevne", "tilbakeholdInnhold", "onskesKopi"), YES_NO),
}  # fmt: skip
_DATES: Final = ("arbeidsuforFra", "skadeDato", "henvistDato")


@dataclass(frozen=True)
class _Shape:
    """What the schema lets an element have: attributes, and elements in their order."""

    attributes: str = ""
    inner: str = ""


_SHAPES: Final = {
    ROOT: _Shape("", "LegeerklaringGjelder Pasientopplysninger PlanUtredBehandle DiagnoseArbeidsuforhet ForslagTiltak "
                 "VurderingFunksjonsevne Prognose ArsakssammenhengLegeerklaring ForbeholdLegeerklaring "
                 "AndreOpplysninger Kontakt"),
    "LegeerklaringGjelder": _Shape("typeLegeerklaring"),
    "Pasientopplysninger": _Shape("flereArbeidsforhold", "Pasient"),
    "Pasient": _Shape("fodselsnummer trygdekontor", "Navn Arbeidsforhold PersonAdr"),
    "Navn": _Shape("", "Etternavn Fornavn Mellomnavn"),
    "Arbeidsforhold": _Shape("yrkeskode primartArbeidsforhold", "Virksomhet Yrkesbetegnelse"),
    "Virksomhet": _Shape("virksomhetsBetegnelse organisasjonsnummer", "VirksomhetsAdr"),
    "VirksomhetsAdr": _Shape("adressetype", "PostalAddress Teleinformasjon"),
    "PersonAdr": _Shape("adressetype", "PostalAddress Teleinformasjon"),
    "PostalAddress": _Shape("", "StreetAddress PostalCode City Country"),
    "Teleinformasjon": _Shape("typeTelekom"),
    "PlanUtredBehandle": _Shape("", "HenvistUtredning HenvistBehandling NyeLegeopplysninger IkkeVidereBehandling "
                                "NyVurdering BehandlingsPlan UtredningsPlan"),
    "HenvistUtredning": _Shape("henvistDato antattVentetid", "Spesifikasjon"),
    "HenvistBehandling": _Shape("henvistDato antattVentetid", "Spesifikasjon"),
    "DiagnoseArbeidsuforhet": _Shape("arbeidsuforFra", "DiagnoseKodesystem VurderingYrkesskade StatusPresens "
                                     "SymptomerBehandling"),
    "DiagnoseKodesystem": _Shape("kodesystem", "Enkeltdiagnose"),
    "Enkeltdiagnose": _Shape("diagnose kodeverdi sortering"),
    "VurderingYrkesskade": _Shape("borVurderes skadeDato"),
    "ForslagTiltak": _Shape("tiltak", "AktueltTiltak Opplysninger BegrensningerTiltak BegrunnelseIkkeTiltak"),
    "AktueltTiltak": _Shape("typeTiltak", "HvilkeAndreTiltak"),
    "VurderingFunksjonsevne": _Shape("", "Arbeidssituasjon VurderingArbeidsevne Funksjonsevne KravArbeid"),
    "Arbeidssituasjon": _Shape("arbeidssituasjon annenArbeidssituasjon"),
    "VurderingArbeidsevne": _Shape("gjenopptaArbeid narGjenopptaArbeid taAnnetArbeid narTaAnnetArbeid",
                                   "IkkeGjore HensynAnnetYrke"),
    "Prognose": _Shape("bedreArbeidsevne", "AntattVarighet VarighetFunksjonsnedsettelse VarighetNedsattArbeidsevne"),
    "ForbeholdLegeerklaring": _Shape("tilbakeholdInnhold", "BorTilbakeholdes"),
    "AndreOpplysninger": _Shape("onskesKopi", "Opplysning"),
    "Kontakt": _Shape("kontakt annenInstans"),
}  # fmt: skip
_ALWAYS: Final = frozenset({  # stand there, though empty: the schema asks for them
    "Yrkesbetegnelse", "Spesifikasjon", "VurderingYrkesskade", "Opplysninger", "HvilkeAndreTiltak",
    "ForbeholdLegeerklaring", "StreetAddress", "PostalCode", "City", "trygdekontor", "Opplysning",
})  # fmt: skip
_LABELS: Final = {  # "" : what is in it stands with what it is in
    "LegeerklaringGjelder": "Erklæringen gjelder", "Pasientopplysninger": "Arbeid", "Pasient": "",
    "flereArbeidsforhold": "Flere arbeidsforhold", "trygdekontor": "NAV-kontor", "Arbeidsforhold": "",
    "Yrkesbetegnelse": "Yrke", "primartArbeidsforhold": "Hovedarbeid", "Virksomhet": "Arbeidsgiver",
    "VirksomhetsAdr": "Adresse", "PlanUtredBehandle": "Utredning og behandling",
    "HenvistUtredning": "Henvist til utredning", "HenvistBehandling": "Henvist til behandling",
    "henvistDato": "Henvist", "antattVentetid": "Antatt ventetid i uker", "Spesifikasjon": "",
    "NyeLegeopplysninger": "Nye opplysninger kan hentes inn", "NyVurdering": "Ny vurdering av planen",
    "IkkeVidereBehandling": "Hvorfor videre behandling ikke er aktuelt", "BehandlingsPlan": "Plan for behandling",
    "UtredningsPlan": "Plan for utredning", "DiagnoseArbeidsuforhet": "Diagnose og sykdom",
    "arbeidsuforFra": "Arbeidsufør fra", "DiagnoseKodesystem": "", "kodesystem": "Kodeverk",
    "VurderingYrkesskade": "Yrkesskade eller yrkessykdom", "borVurderes": "NAV bør vurdere det",
    "skadeDato": "Skadedato", "StatusPresens": "Funn ved undersøkelse (status presens)",
    "SymptomerBehandling": "Sykehistorie, symptomer og behandling", "ForslagTiltak": "Tiltak",
    "tiltak": "Tiltak er aktuelt", "AktueltTiltak": "Aktuelt tiltak", "HvilkeAndreTiltak": "Hvilke",
    "Opplysninger": "Nærmere om tiltak", "BegrensningerTiltak": "Medisinske begrensninger",
    "BegrunnelseIkkeTiltak": "Hvorfor tiltak ikke er aktuelt",
    "VurderingFunksjonsevne": "Funksjons- og arbeidsevne", "VurderingArbeidsevne": "",
    "gjenopptaArbeid": "Kan gå tilbake til arbeidet sitt", "narGjenopptaArbeid": "Når kan arbeidet gjenopptas",
    "taAnnetArbeid": "Kan ta annet arbeid", "narTaAnnetArbeid": "Når kan annet arbeid begynne",
    "IkkeGjore": "Kan ikke gjøre i arbeidet", "HensynAnnetYrke": "Hensyn i annet arbeid",
    "Funksjonsevne": "Funksjonsevne", "KravArbeid": "Krav i arbeidet", "Prognose": "Prognose",
    "bedreArbeidsevne": "Arbeidsevnen kan bli bedre", "AntattVarighet": "Sykdommens varighet",
    "VarighetFunksjonsnedsettelse": "Varighet av nedsatt funksjonsevne",
    "VarighetNedsattArbeidsevne": "Varighet av nedsatt arbeidsevne",
    "ArsakssammenhengLegeerklaring": "Hva funksjonsevnen betyr for arbeidsevnen",
    "ForbeholdLegeerklaring": "Forbehold", "tilbakeholdInnhold": "Noe pasienten ikke bør få vite",
    "BorTilbakeholdes": "Hva", "AndreOpplysninger": "Andre opplysninger", "onskesKopi": "Ønsker kopi av vedtaket",
    "Opplysning": "", "Kontakt": "NAV bør kontakte",
}  # fmt: skip
_VALUES: Final = frozenset({  # attributes that say what the element itself is about
    "typeLegeerklaring", "typeTiltak", "arbeidssituasjon", "annenArbeidssituasjon", "kontakt", "annenInstans",
    "virksomhetsBetegnelse", "Spesifikasjon", "Opplysning", "StreetAddress", "PostalCode", "City", "Country",
    "PostalAddress",
})  # fmt: skip
_SILENT: Final = WITHOUT | {"sortering", "adressetype", "typeTelekom"}


def read(body: etree._Element) -> Part:
    """Return the statement with all that is in it. Raises Unreadable T99 where there is no end to it."""
    parts.measure(body)
    return _read(body, "")


def build(root: Part) -> etree._Element:
    """Write a statement in the order of the schema; what the schema does not know is left out."""
    node = nodes.document(NAMESPACE, ROOT)
    _fill(node, root)
    return node


def paragraphs(root: Part) -> list[str]:
    """Return the statement as people read it: a paragraph for each part of the form."""
    found: dict[str, list[str]] = {}
    for part in root.parts:
        found.setdefault(part.name, []).extend(_lines(part, 0))
    return ["\n".join(lines) for lines in found.values() if lines] or ["(Meldingen har ingen tekst.)"]


def coded(name: str, value: str) -> Part:
    """Return an answer of one of LISTS, with what it is called."""
    return Part(name=name, code=Code(value=value, name=LISTS[name].get(value, "")))


def _read(node: etree._Element, system: str) -> Part:
    name, held = nodes.local(node), {str(key): str(value).strip() for key, value in node.attrib.items()}
    shape = _SHAPES.get(name, _Shape())
    known = [key for key in shape.attributes.split() if held.get(key)]
    more = [key for key in held if key not in known and not key.startswith("{") and held[key]]
    inner = [each for each in node if isinstance(each.tag, str)]
    system = _SYSTEMS.get(held.get("kodesystem", ""), "") if name == "DiagnoseKodesystem" else system
    if name == "Enkeltdiagnose":
        code = Code(value=held.get("kodeverdi", ""), system=system, name=held.get("diagnose", ""))
        order = held.get("sortering", "")
        return Part(name=name, code=code, parts=(Part(name="sortering", text=order),) if order else ())
    return Part(
        name=name,
        text="" if inner else (node.text or "").strip(),
        parts=(*(answer(key, held[key]) for key in (*known, *more)), *(_read(each, system) for each in inner)),
    )


def answer(key: str, value: str) -> Part:
    """Return one answer: a code with what it is called, a date, or a text."""
    if key in LISTS:
        return coded(key, value)
    return Part(name=key, code=Code(value=value)) if key in _DATES else Part(name=key, text=value)


def _fill(node: etree._Element, part: Part) -> None:
    shape = _SHAPES.get(part.name, _Shape())
    held = {each.name: each.value for each in part.parts}
    if part.name == "Enkeltdiagnose" and part.code:
        held |= {"kodeverdi": part.code.value, "diagnose": part.code.name}
    for key in shape.attributes.split():
        if held.get(key) or key in _ALWAYS:
            node.set(key, nodes.writable(held.get(key, "")))
    for name in shape.inner.split():
        inside = [each for each in part.parts if each.name == name]
        for each in inside or [Part(name=name)] * (name in _ALWAYS):
            _fill(nodes.put(node, name), each)
    if part.text:
        node.text = nodes.writable(part.text)


def _lines(part: Part, depth: int) -> Iterator[str]:
    """Yield "Prognose", "– Arbeidsevnen kan bli bedre: Nei"; what has no label stands one step further out."""
    if part.name in _SILENT:
        return
    label = _label(part)
    below = [each for each in part.parts if each.name not in _VALUES]
    value = ", ".join(_own(part))
    inner = [line for each in below for line in _lines(each, depth + bool(label))]
    indent = "– " * min(depth, 4)
    if label and (value or inner):
        yield f"{indent}{label}: {value}" if value else f"{indent}{label}"
    elif value:
        yield f"{indent}{value}"
    yield from inner


def _label(part: Part) -> str:
    if part.name == "Enkeltdiagnose":
        return "Hoveddiagnose" if part.said("sortering") in ("", "0") else "Bidiagnose"
    return _LABELS[part.name] if part.name in _LABELS else prose.label(part.name)


def _own(part: Part) -> Iterable[str]:
    """Yield what a part itself says, and what its unlabelled parts say."""
    if part.code:
        code = part.code
        diagnosis = f"{code.name} ({code.value})" if code.name else code.value
        yield diagnosis if part.name == "Enkeltdiagnose" else code.name or prose.said(code.value)
    elif part.text:
        yield part.text
    for each in part.parts:
        if each.name in _VALUES:
            yield from filter(None, _own(each))
