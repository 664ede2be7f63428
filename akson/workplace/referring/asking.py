"""What a referral and an epikrise ask for, what of the record goes with them, and the resources they become. Pure."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from akson.base.web.forms import Choice, Choices, Field, Filled, Form, LongText
from akson.base.web.messages import texts
from akson.exchange.filing import MESSAGE_TYPE
from akson.exchange.letterparts import HEADING
from akson.patient.reading import stands
from akson.record.stored import Stored
from akson.registers.codes import Code, volven
from akson.workplace.along import Group, Item, label, more

Resource = dict[str, Any]
WANTED: Final[Mapping[str, int]] = {
    "Condition": 60, "MedicationStatement": 100, "AllergyIntolerance": 50, "DocumentReference": 20,
}  # fmt: skip
HEADINGS: Final = volven(8231)
GOES_ON: Final = ("QuestionnaireResponse/", "ServiceRequest/")  # what of a referral that came is told again
_LONGEST: Final = 20_000
_PURPOSES: Final = ("Utredning", "Behandling", "Kontroll", "Second opinion")  # Volven 8248, from 1
_KIND: Final = Code(system=volven(8455), code="10", name="Utredning/behandling")
_RIGHTS: Final = {  # Volven 8444
    "3": "Pasienten har rett til nødvendig helsehjelp i spesialisthelsetjenesten",
    "4": "Pasienten har behov for helsehjelp i spesialisthelsetjenesten, men ikke rett til nødvendig helsehjelp",
    "6": "Henvisningen er ikke aktuell for rettighetsvurdering",
}
_SPECIALTIES: Final = {  # Volven 8451: those a general practitioner refers to
    "010": "Generell kirurgi", "050": "Ortopedisk kirurgi", "070": "Urologi", "110": "Generell indremedisin",
    "130": "Endokrinologi", "140": "Fordøyelsessykdommer", "150": "Hjertesykdommer", "170": "Lungesykdommer",
    "180": "Nyresykdommer", "190": "Revmatiske sykdommer", "200": "Kvinnesykdommer og elektiv fødselshjelp",
    "220": "Barnesykdommer", "230": "Fysikalsk medisin og rehabilitering", "240": "Hud og veneriske sykdommer",
    "250": "Nevrologi", "290": "Øre-nese-hals sykdommer", "300": "Øyesykdommer",
    "310": "Psykisk helsevern barn og unge", "320": "Psykisk helsevern voksne", "350": "Geriatri", "360": "Rus",
    "380": "Palliativ medisin", "430": "Smertetilstander", "852": "Radiologi", "853": "Onkologi", "900": "Annet",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Words:
    """One field of free text. heading: of Volven 8231, and what it is called there."""

    name: str
    heading: str
    called: str
    required: bool = False
    rows: int = 3

    @property
    def field(self) -> LongText:
        """Return it as it is asked for."""
        return LongText(name=self.name, label=f"referring.{self.name}", rows=self.rows, longest=_LONGEST,
                        required=self.required)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Sort:
    """One sort of letter. code: of Volven 8279; ticked: types of which all that stands is chosen to begin with."""

    code: str
    name: str
    key: str  # of its texts and its address
    words: tuple[Words, ...]
    ticked: frozenset[str] = frozenset(["Condition", "MedicationStatement", "AllergyIntolerance"])

    @property
    def page(self) -> str:
        """Return what the citizen's log calls it."""
        return "epikrise" if self.key == "epikrise" else "henvisning"

    @property
    def orders(self) -> bool:
        """Say whether something is asked for, which then stands in the record as an order."""
        return self.key == "henvisning"


_FOUND: Final = Words(name="funn", heading="FU", called="Funn og undersøkelsesresultater")
_PLAN: Final = Words(name="onske", heading="UTRED", called="Forventet utredning/behandling")
REFERRAL: Final = Sort(code="HENVISNING_NYTILSTAND", name="Henvisning", key="henvisning", words=(
    Words(name="problem", heading="PROB", called="Aktuell problemstilling", required=True, rows=4),
    Words(name="forlop", heading="FO", called="Forløp og behandling"), _FOUND, _PLAN,
))  # fmt: skip
FORWARD: Final = Sort(code="HENVISNING_VIDERE", name="Viderehenvisning", key="videre", ticked=frozenset(), words=(
    Words(name="vurdering", heading="VU", called="Vurdering", required=True, rows=4), _PLAN,
))  # fmt: skip
EPIKRISE: Final = Sort(code="EPIKRISE", name="Epikrise", key="epikrise", words=(
    Words(name="arsak", heading="BG", called="Begrunnelse"),
    Words(name="forlop", heading="FO", called="Forløp og behandling", required=True, rows=5), _FOUND,
    Words(name="vurdering", heading="VU", called="Vurdering"),
    Words(name="oppfolging", heading="UTRED", called="Forventet utredning/behandling"),
    Words(name="informert", heading="IP", called="Informasjon til pasient/pårørende"),
))  # fmt: skip


def form(sort: Sort, takers: Choices) -> Form:
    """Ask whom it goes to, of `takers`, and what is said under each heading."""
    asked: list[Field] = [Choice(name="mottaker", label="cooperation.receiver", choices=takers, drawn="select")]
    if sort.orders:
        asked += [
            Choice(name="fag", label="referring.fag", choices=tuple(_SPECIALTIES.items()), drawn="select",
                   required=False),
            Choice(name="hensikt", label="referring.hensikt", choices=_numbered(_PURPOSES), drawn="select"),
            Choice(name="hastegrad", label="referring.hastegrad", choices=_haste, drawn="segments"),
        ]  # fmt: skip
    if sort is FORWARD:
        asked.append(Choice(name="rett", label="referring.rett", choices=tuple(_RIGHTS.items()), drawn="select",
                            required=False))  # fmt: skip
    return Form(*asked, *(each.field for each in sort.words))


def begun(sort: Sort, takers: Choices, to: str, before: Resource | None) -> Filled:
    """Return the form as first shown. to: HER-id, or ""; before: what was taken back, to be mended."""
    chosen = to or (takers[0][0] if len(takers) == 1 else None)
    return form(sort, takers).blank(mottaker=chosen, hensikt="1", hastegrad="routine", **_said(sort, before or {}))


def groups(sort: Sort, found: Mapping[str, Sequence[Stored]], chosen: Container[str] | None) -> tuple[Group, ...]:
    """Return what of the record can go with a letter, by type.

    chosen   what is ticked; None: what goes with it to begin with
    """
    made = []
    for type_ in WANTED:
        hits = _once([hit for hit in found[type_] if _is_told(hit)])
        ticked = {hit.id: hit.reference in chosen if chosen is not None else type_ in sort.ticked for hit in hits}
        items = tuple(Item(id=hit.reference, text=label(hit), more=more(hit), ticked=ticked[hit.id]) for hit in hits)
        made += [Group(kind=texts().plain(f"referring.{type_}"), items=items)] if items else []
    return tuple(made)


def communication(
    sort: Sort, filled: Filled, patient: str, about: Sequence[str], files: Sequence[Resource]
) -> Resource:
    """Return what was written as the Communication that `sending.send` takes.

    about   references to what of the record goes with it
    files   payloads that are sent on
    """
    fag = _SPECIALTIES.get(str(filled.values.get("fag") or ""), "")
    payload = [
        {"contentString": str(said_), "extension": [{"url": HEADING, "valueCoding": {
            "system": HEADINGS, "code": each.heading, "display": each.called}}]}
        for each in sort.words if (said_ := filled.values.get(each.name))
    ]  # fmt: skip
    made: Resource = {
        "resourceType": "Communication", "subject": {"reference": f"Patient/{patient}"},
        "category": [{"coding": [{"system": MESSAGE_TYPE, "code": sort.code, "display": sort.name}]}],
        "topic": {"text": ": ".join(filter(None, (sort.name, fag)))}, "payload": [*payload, *files],
    }  # fmt: skip
    if right := filled.values.get("rett"):
        made["reasonCode"] = [Code(system=volven(8444), code=str(right), name=_RIGHTS[str(right)]).concept()]
    return made | ({"about": [{"reference": each} for each in about]} if about else {})


def order(filled: Filled, about: Sequence[str]) -> Resource:
    """Return what a referral asks for as a ServiceRequest, whose reasons are the diagnoses that go with it."""
    number = str(filled.values["hensikt"])
    purpose = Code(system=volven(8248), code=number, name=_PURPOSES[int(number) - 1]).concept()
    fag = str(filled.values.get("fag") or "")
    reasons = [{"reference": each} for each in about if each.startswith("Condition/")]
    made: Resource = {
        "resourceType": "ServiceRequest", "priority": str(filled.values["hastegrad"]),
        "category": [{"text": "Henvisning"}, *([purpose] if fag else []), _KIND.concept()],
        "code": Code(system=volven(8451), code=fag, name=_SPECIALTIES[fag]).concept() if fag else purpose,
    }  # fmt: skip
    return made | ({"reasonReference": reasons} if reasons else {})


def files(message: Mapping[str, Any]) -> list[Resource]:
    """Return the files of a referral that came, without the XML it came as: they go on with it."""
    carried = [each for each in message.get("payload", ()) if "data" in each.get("contentAttachment", {})]
    return [each for each in carried if each["contentAttachment"].get("contentType") != "application/xml"]


def _said(sort: Sort, message: Mapping[str, Any]) -> dict[str, str]:
    """Return what a message says under each heading, by the name of the field."""
    told = {one["valueCoding"].get("code"): each["contentString"] for each in message.get("payload", ())
            for one in each.get("extension", ()) if one.get("url") == HEADING}  # fmt: skip
    return {each.name: told[each.heading] for each in sort.words if each.heading in told}


def _once(hits: Sequence[Stored]) -> list[Stored]:
    """Return each that reads as another of the same sort once: several sources tell of one medicine."""
    seen: dict[tuple[str, str, str], Stored] = {}
    for hit in hits:
        own = hit.id if hit.type == "DocumentReference" else ""
        seen.setdefault((label(hit), more(hit), own), hit)
    return list(seen.values())


def _haste() -> Choices:
    return tuple((each, texts().plain(f"referring.{each}")) for each in ("routine", "urgent", "stat"))


def _numbered(names: Sequence[str]) -> Choices:
    return tuple((str(number), name) for number, name in enumerate(names, 1))


def _is_told(hit: Stored) -> bool:
    """Say whether something can be told: what is true now, and documents that are signed and no errors."""
    if hit.type != "DocumentReference":
        return stands(hit.resource)
    return hit.resource.get("status") == "current" and hit.resource.get("docStatus") in (None, "final", "amended")
