"""What NAV's Legeerklæring asks, in the order of its form, and the statement that the answers are. Pure.

Most answers are one place of the statement (_PLACES); a tick is one more of its kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any, Final

from akson.base.web.forms import Bound, Choice, Choices, Confirm, Day, Fault, Field, Filled, Form, LongText, Number
from akson.base.web.messages import texts
from akson.exchange import blocks, statement
from akson.exchange.envelope import Code
from akson.exchange.parts import Part
from akson.exchange.statement import CONTACTS, ICD_10, ICPC, KINDS, MEASURES, NO, SITUATIONS, YES

_SYSTEMS: Final = {ICPC: "1", ICD_10: "3"}  # what the schema calls a list in such a statement
_PLACES: Final = {
    "kontor": "Pasientopplysninger/Pasient/trygdekontor", "flere": "Pasientopplysninger/flereArbeidsforhold",
    "arbeidsgiver": "Pasientopplysninger/Pasient/Arbeidsforhold/Virksomhet/virksomhetsBetegnelse",
    "yrke": "Pasientopplysninger/Pasient/Arbeidsforhold/Yrkesbetegnelse",
    "utredes": "PlanUtredBehandle/HenvistUtredning/Spesifikasjon",
    "utredes-dato": "PlanUtredBehandle/HenvistUtredning/henvistDato",
    "utredes-uker": "PlanUtredBehandle/HenvistUtredning/antattVentetid",
    "behandles": "PlanUtredBehandle/HenvistBehandling/Spesifikasjon",
    "behandles-dato": "PlanUtredBehandle/HenvistBehandling/henvistDato",
    "behandles-uker": "PlanUtredBehandle/HenvistBehandling/antattVentetid",
    "nye": "PlanUtredBehandle/NyeLegeopplysninger", "ikke-mer": "PlanUtredBehandle/IkkeVidereBehandling",
    "ny-plan": "PlanUtredBehandle/NyVurdering", "behandling": "PlanUtredBehandle/BehandlingsPlan",
    "utredning": "PlanUtredBehandle/UtredningsPlan", "ufor": "DiagnoseArbeidsuforhet/arbeidsuforFra",
    "yrkesskade": "DiagnoseArbeidsuforhet/VurderingYrkesskade/borVurderes",
    "skadedato": "DiagnoseArbeidsuforhet/VurderingYrkesskade/skadeDato",
    "funn": "DiagnoseArbeidsuforhet/StatusPresens", "historie": "DiagnoseArbeidsuforhet/SymptomerBehandling",
    "tiltak": "ForslagTiltak/tiltak", "om-tiltak": "ForslagTiltak/Opplysninger",
    "evne": "VurderingFunksjonsevne/Funksjonsevne", "krav": "VurderingFunksjonsevne/KravArbeid",
    "kan-ikke": "VurderingFunksjonsevne/VurderingArbeidsevne/IkkeGjore",
    "hensyn": "VurderingFunksjonsevne/VurderingArbeidsevne/HensynAnnetYrke", "bedre": "Prognose/bedreArbeidsevne",
    "varer": "Prognose/AntattVarighet", "varer-evne": "Prognose/VarighetFunksjonsnedsettelse",
    "varer-arbeid": "Prognose/VarighetNedsattArbeidsevne", "arsak": "ArsakssammenhengLegeerklaring",
    "mer": "AndreOpplysninger/Opplysning", "kopi": "AndreOpplysninger/onskesKopi",
}  # fmt: skip
_WHEN: Final = {"igjen": ("gjenopptaArbeid", "narGjenopptaArbeid"), "annet": ("taAnnetArbeid", "narTaAnnetArbeid")}
_ABILITY: Final = "VurderingFunksjonsevne/VurderingArbeidsevne"
_OTHER: Final = {"situasjon": "4", "tiltak-er": "7", "kontakt": "5"}  # the tick that a line of text goes with


@dataclass(frozen=True, kw_only=True)
class Ticks:
    """Several answers to one question. element, key: what each is in the statement; line: place of the text beside."""

    element: str
    key: str
    inside: str = ""
    line: str = ""


_TICKS: Final = {
    "gjelder": Ticks(element="LegeerklaringGjelder", key="typeLegeerklaring"),
    "situasjon": Ticks(element="Arbeidssituasjon", key="arbeidssituasjon", inside="VurderingFunksjonsevne",
                       line="annenArbeidssituasjon"),
    "tiltak-er": Ticks(element="AktueltTiltak", key="typeTiltak", inside="ForslagTiltak", line="HvilkeAndreTiltak"),
    "kontakt": Ticks(element="Kontakt", key="kontakt", line="annenInstans"),
}  # fmt: skip
_OFFERED: Final = {"gjelder": tuple(KINDS), "situasjon": tuple(SITUATIONS), "tiltak-er": tuple(MEASURES),
                   "kontakt": tuple(CONTACTS)}  # fmt: skip


_BESIDE: Final = {  # drawn side by side, under the first
    other: row[0]
    for row in (("kontor", "yrke", "arbeidsgiver"), ("hoved", "bi-1", "bi-2"),
                ("utredes", "utredes-dato", "utredes-uker"), ("behandles", "behandles-dato", "behandles-uker"),
                ("varer", "varer-evne", "varer-arbeid"))
    for other in row
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Group:
    """Questions drawn together: one, some side by side, or the ticks of one question with its heading."""

    bound: tuple[Bound, ...]
    legend: str = ""


@dataclass(frozen=True, kw_only=True)
class Section:
    """One part of the form as it is drawn."""

    head: str
    groups: tuple[Group, ...]


def diagnoses(problems: Iterable[Mapping[str, Any]]) -> Choices:
    """Return the problems that such a statement can have: those coded in ICPC-2 or ICD-10."""
    found: dict[str, str] = {}
    for one in problems:
        code = blocks.coded(one.get("code"))
        if code and code.value and code.system in _SYSTEMS:
            said = str((one.get("code") or {}).get("text") or code.name)
            found[f"{_SYSTEMS[code.system]}:{code.value}"] = f"{code.value} {said}"
    return tuple(found.items())


def form(partners: Choices, known: Choices) -> Form:
    """Ask all that the form has, about diagnoses that are `known`."""
    return Form(*(each for _, asked in _sections(partners, known) for each in asked))


def sections(filled: Filled) -> list[Section]:
    """Return the filled form as it is drawn."""
    made = []
    for head, asked in _sections((), ()):
        groups: dict[str, list[Bound]] = {}
        for each in asked:
            group = each.name.rpartition(".")[0] or _BESIDE.get(each.name, each.name)
            groups.setdefault(group, []).append(filled[each.name])
        drawn = (Group(bound=tuple(held), legend=f"stating.{name}" if name in _TICKS else "")
                 for name, held in groups.items())  # fmt: skip
        made.append(Section(head=f"stating.{head}", groups=tuple(drawn)))
    return made


def checked(filled: Filled) -> Filled:
    """Return the form with what is wrong between its answers."""
    for name in ("gjelder", "situasjon"):
        if not _chosen(filled, name):
            filled = filled.with_fault(Fault("stating.tick_one"), f"{name}.1")
    for name in ("utredes", "behandles"):
        given = [each for each in (name, f"{name}-dato", f"{name}-uker") if filled.values.get(each) not in (None, "")]
        if given and len(given) < len(("what", "when", "weeks")):
            filled = filled.with_fault(Fault("stating.whole_referral"), name)
    main = str(filled.values.get("hoved") or "").partition(":")[0]
    for name in ("bi-1", "bi-2"):
        other = str(filled.values.get(name) or "")
        if other and other.partition(":")[0] != main:
            filled = filled.with_fault(Fault("stating.one_system"), name)
    return filled


def made(filled: Filled, known: Choices) -> Part:
    """Return the statement that a valid form is."""
    values = {name: _said(value) for name, value in filled.values.items() if value not in (None, "")}
    pairs = [(place, values[name]) for name, place in _PLACES.items() if name in values]
    limits = "BegrunnelseIkkeTiltak" if values.get("tiltak") == NO else "BegrensningerTiltak"
    pairs += [(f"ForslagTiltak/{limits}", values["begrenser"]), ("ForbeholdLegeerklaring/tilbakeholdInnhold", NO)]
    for name, (can, when) in _WHEN.items():
        if name in values:
            pairs.append((f"{_ABILITY}/{can}", NO if values[name] == NO else YES))
        if values.get(name, NO) != NO:
            pairs.append((f"{_ABILITY}/{when}", values[name].removeprefix("ja-")))
    root = _tree(statement.ROOT, pairs)
    for name, ticks in _TICKS.items():
        root = _within(root, ticks.inside, tuple(_ticked(filled, name, ticks)))
    root = _within(root, "DiagnoseArbeidsuforhet", (_diagnosed(values, dict(known)),))
    return statement.read(statement.build(root))  # in the order of the form


def _sections(partners: Choices, known: Choices) -> list[tuple[str, list[Field]]]:
    yes_no = partial(_choice, "segments", {YES: "yes", NO: "no"})
    return [
        ("about", [Choice(name="mottaker", label="cooperation.receiver", choices=partners, drawn="select"),
                   *_ticks("gjelder")]),
        ("work", [_line("kontor"), _line("yrke"), _line("arbeidsgiver"),
                  _choice("segments", {YES: "yes", NO: "no", "3": "unknown"}, "flere"), *_ticks("situasjon"),
                  _text("krav", required=False)]),
        ("diagnosis", [_select("hoved", known, required=True), _select("bi-1", known), _select("bi-2", known),
                       _day("ufor"), _text("historie"), _text("funn"), yes_no("yrkesskade"), _day("skadedato")]),
        ("plan", [field for name in ("utredes", "behandles")
                  for field in (_line(name), _day(f"{name}-dato"), _weeks(f"{name}-uker"))]
                 + [_text(name, required=False) for name in ("utredning", "behandling", "ny-plan")]
                 + [_line("nye"), _text("ikke-mer", required=False)]),
        ("measures", [yes_no("tiltak"), *_ticks("tiltak-er"), _text("om-tiltak", required=False), _text("begrenser")]),
        ("ability", [_text("evne"), _again("igjen"), _text("kan-ikke", required=False), _again("annet"),
                     _text("hensyn", required=False)]),
        ("prognosis", [yes_no("bedre"), _line("varer"), _line("varer-evne"), _line("varer-arbeid"),
                       _text("arsak", required=False)]),
        ("more", [_text("mer", required=False), *_ticks("kontakt"),
                  Confirm(name="kopi", label=_label("kopi"), required=False)]),
    ]  # fmt: skip


def _label(name: str) -> str:
    return f"stating.{name}"


def _line(name: str) -> Field:
    return Field(name=name, label=_label(name), required=False)


def _text(name: str, *, required: bool = True) -> Field:
    return LongText(name=name, label=_label(name), required=required, longest=20_000)


def _day(name: str) -> Field:
    return Day(name=name, label=_label(name), required=False)


def _weeks(name: str) -> Field:
    return Number(name=name, label=_label(name), required=False, lowest=Decimal(0), highest=Decimal(520))


def _select(name: str, choices: Choices, *, required: bool = False) -> Field:
    return Choice(name=name, label=_label(name), choices=choices, drawn="select", required=required)


def _choice(drawn: str, words: Mapping[str, str], name: str) -> Field:
    def offered() -> Choices:
        return tuple((value, texts().plain(f"stating.{word}")) for value, word in words.items())

    return Choice(name=name, label=_label(name), choices=offered, drawn=drawn)


def _again(name: str) -> Field:
    return _choice("segments", {"ja-1": "now", "ja-2": "after", NO: "no"}, name)


def _ticks(name: str) -> Iterator[Field]:
    for value in _OFFERED[name]:
        yield Confirm(name=f"{name}.{value}", label=f"stating.{name}_{value}", required=False)
    if name in _OTHER:
        yield Field(name=f"{name}.tekst", label=f"stating.{name}_text", required=False)


def _chosen(filled: Filled, name: str) -> list[str]:
    """Return what is ticked; a line of text is a tick of what it goes with."""
    line = filled.values.get(f"{name}.tekst")
    return [each for each in _OFFERED[name]
            if filled.values.get(f"{name}.{each}") or (line and each == _OTHER.get(name))]  # fmt: skip


def _ticked(filled: Filled, name: str, ticks: Ticks) -> Iterator[Part]:
    for value in _chosen(filled, name):
        line = str(filled.values.get(f"{name}.tekst") or "") if value == _OTHER.get(name) else ""
        held = (statement.coded(ticks.key, value), *((Part(name=ticks.line, text=line),) if line else ()))
        yield Part(name=ticks.element, parts=held)


def _diagnosed(values: Mapping[str, str], known: Mapping[str, str]) -> Part:
    chosen = list(dict.fromkeys(values[name] for name in ("hoved", "bi-1", "bi-2") if name in values))
    coding = chosen[0].partition(":")[0]
    held = [statement.coded("kodesystem", coding)]
    for order, one in enumerate(chosen):
        code = one.partition(":")[2]
        named = Code(value=code, name=known[one].removeprefix(code).strip())
        held.append(Part(name="Enkeltdiagnose", code=named, parts=(Part(name="sortering", text=str(order)),)))
    return Part(name="DiagnoseKodesystem", parts=tuple(held))


def _within(root: Part, name: str, more: tuple[Part, ...]) -> Part:
    """Return the statement with more in one of its parts, or in itself; the part is made where it is not there."""
    if not more:
        return root
    if not name:
        return replace(root, parts=(*root.parts, *more))
    if not any(each.name == name for each in root.parts):
        return replace(root, parts=(*root.parts, Part(name=name, parts=more)))
    return replace(root, parts=tuple(replace(each, parts=(*each.parts, *more)) if each.name == name else each
                                     for each in root.parts))  # fmt: skip


def _tree(name: str, pairs: Sequence[tuple[str, str]]) -> Part:
    """Return a part with what stands at places below it."""
    below: dict[str, list[tuple[str, str]]] = {}
    for place, value in pairs:
        first, _, rest = place.partition("/")
        below.setdefault(first, []).append((rest, value))
    return Part(name=name, parts=tuple(_tree(each, held) if held[0][0] else statement.answer(each, held[0][1])
                                       for each, held in below.items()))  # fmt: skip


def _said(value: object) -> str:
    if value is True:
        return YES
    return value.isoformat() if isinstance(value, date) else str(value)
