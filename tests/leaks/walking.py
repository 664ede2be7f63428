"""Ways through the application's own table of routes: every address, with something of a canary in every place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route

from akson.app import SCREEN_PACKAGES
from akson.exchange.inbox import FIRST
from akson.exchange.outcomes import START
from akson.record.search import cursors
from seeds.staff import MARIAM
from tests.leaks.canary import WORD, Canary
from tests.leaks.worlds import Town

ROOT = Path(__file__).parents[2] / "akson"
_FHIR = "akson.fhirapi.door"  # its one route has interactions instead of addresses: test_fhir.py walks them
_NAME = re.compile(r"\{(\w+)(?::\w+)?\}")
_TAKEN = re.compile(
    r'visit\.(?:query|form)(?:\.get\(|\[)\s*"([\w-]+)"|visit\.every\("([\w-]+)"|Field\(\s*name="([\w-]+)"'
)


@dataclass(frozen=True, kw_only=True)
class Way:
    """One request that can be made. template: the route it goes through."""

    method: str
    path: str
    template: str


def templates(app: Starlette) -> list[tuple[str, str]]:
    """Return (method, path) of every route, the ways out last. Raises when there is a route of a kind nobody can walk."""
    return sorted(_walked(app.routes, ""), key=lambda one: one[1].startswith(("/logg-ut", "/laas")))


def _walked(routes: Iterable[BaseRoute], above: str) -> Iterator[tuple[str, str]]:
    for route in routes:
        if isinstance(route, Mount):
            yield from _walked(route.routes, above + route.path)
        elif isinstance(route, Route):
            yield from ((method, above + route.path) for method in sorted(route.methods or {"GET"}))
        else:
            assert type(route).__module__ == _FHIR, f"{route} cannot be walked: teach walking.py how"


@dataclass(frozen=True, kw_only=True)
class Theirs:
    """What an address or a form may tell of somebody. ids: of a type -> the id of one of theirs; draft: of a note begun.

    unit, worker: where they get care, and of whom
    """

    ids: Callable[[str], str]
    draft: str
    unit: str
    worker: str
    family: str
    fnr: str


def theirs(town: Town, canary: Canary) -> Theirs:
    """Return what may be told of a canary."""
    return Theirs(ids=lambda kind: town.id(f"{kind}/{canary.key}"), draft=town.drafts[canary.key],
                  unit=town.id(MARIAM.unit.key), worker=town.id(MARIAM.ref), family=canary.family,
                  fnr=canary.fnr.value)  # fmt: skip


def places(of: Theirs, own: str) -> Mapping[str, tuple[str, ...]]:
    """Return what stands in the places of an address; own: a patient of the one who walks, or ""."""

    def ids(*kinds: str) -> tuple[str, ...]:
        return tuple(of.ids(kind) for kind in kinds)

    return {
        "patient": (*ids("Patient"), *((own,) if own else ())),
        "message": ids("Communication", "DocumentReference"),
        "number": ("0",),
        "task": ids("Task"),
        "draft": (*ids("DocumentReference", "Composition"), of.draft),
        "name": (WORD,),
        "kind": ("innleggelsesrapport", WORD),
        "unit": (of.unit, *ids("Patient")),
        "issuer": ("demo", WORD),
        "finding": ("7f1c2b30-5d2e-4a7b-9f1d-0c6f4f3f2a11", of.ids("Task")),
        "mark": ("7f1c2b30-5d2e-4a7b-9f1d-0c6f4f3f2a11",),
    }


def fields(of: Theirs) -> Mapping[str, str]:
    """Return what is sent under each name that a page takes from an address or a form.

    The forms that open a record lawfully are sent without what they demand: a reason too short, no confirmation.
    """
    hers = {kind: of.ids(kind) for kind in ("Patient", "Consent", "Communication", "Condition")}
    note = of.ids("DocumentReference")
    return {
        "opphold": of.ids("Encounter"), "person": hers["Patient"], "sperre": hers["Consent"], "melding": hers["Communication"], "viser": note,
        "retter": note, "versjon": "1", "version": "1", "hvem": of.worker, "svar": "aksept",
        "q": of.family, "problem": "A04", "problemer": "A04", "koder": "A04", "kode": "slapp", "legg-til": "A04",
        "fjern": "R05", "angre": "R05", "angret": hers["Communication"], "do": "save", "fane": "mine", "vis": "alle", "til": "2026-12-31",
        "periode": "1", "antall": "50", "eldre": "2026-11-22T10:00:00+01:00", "linje": "bt 120/80", "type": "notat",
        "begrunnelse": "kort", "grunnlag": "B2", "grunn": "kort", "emne": "Spørsmål", "tekst": "Kort spørsmål",
        "malt": "2026-11-22T10:00", "temp": "37,5", "tiltak": "Ro", "nytt": "alt", "tilgang": WORD,
        "gjor": "bekreft", "rolle": note, "fnr": of.fnr, "navn": of.family, "family": of.family, "given": "Canaria", "hpr": "123",
        "dag": "2026-11-22", "hva": f"DocumentReference/{note}", "form": "pdf", "hvorfor": "kort",
        "vist": "alle", "valgt": "7f1c2b30-5d2e-4a7b-9f1d-0c6f4f3f2a11", "onske": "suspicion", "ord": "Kort", "utfall": "lawful", "malform": "nb", "sperr": "all", "for": "everyone",
        "apning": hers["Consent"], "som": f"Practitioner/{of.worker}/sykepleier/{of.unit}",
        "enhet": "99000011", "mottaker": "99000033", "gjort": "kort",
        "inn": cursors.written((FIRST, b"")), "ut": cursors.written(START), "fast": cursors.written(START),
        "ogsaa": "ja", "andre": "00" * 32,
        "nivaa": "every", "maate": "inbox", "kilde": "999999999", "dokument": note, "fil": "0",
        "avdod": hers["Patient"], "gi": f"DocumentReference/{note}", "fra": "2026-01-01",
        "leses_til": "2027-01-01", "del": "about", "ta": "f1", "holdt": "withheld-as-0", "sak": of.ids("Task"), "kontakt": "98765432",
        "historie": "Kort", "syn": "Kort", "vet_barn": "ja", "hvorfor_barn": "Kort", "foresatt": "Kort", "foresatt2": "",
        "vet_foresatte": "ja", "hvorfor_foresatte": "Kort", "tolk": "", "hjelpere": "", "alder": "6", "bosted": "Kort", "telefon": "98765432",
        "epost": "a@b.no", "samtykke": "gjelder", "om": "relatives", "samtykker": "given", "av": "patient", "gjelder": "Kort",
        "slag": "KX07", "del_av": of.unit,
        "fag": "150", "hensikt": "1", "hastegrad": "routine", "rett": "3",
        **dict.fromkeys(("forlop", "funn", "vurdering", "arsak", "oppfolging", "informert"), "Kort"),
        **dict.fromkeys(("diagnoser", "legemidler", "allergier", "malinger"), "on"),
    }  # fmt: skip


def taken() -> set[str]:
    """Return every name that the code of the pages takes from an address or a form by name."""
    return {
        name
        for package in SCREEN_PACKAGES
        for file in (ROOT / package).rglob("*.py")
        for name in taken_in(file.read_text("utf-8"))
    }


def taken_in(code: str) -> set[str]:
    """Return every name that some code takes from an address or a form by name."""
    return {next(filter(None, names)) for names in _TAKEN.findall(code)}


def unknown(app: Starlette, given: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return the places in addresses that nothing is known to stand in."""
    return sorted({name for _, path in templates(app) for name in _NAME.findall(path)} - given.keys())


def ways(app: Starlette, given: Mapping[str, tuple[str, ...]]) -> Iterator[Way]:
    """Yield every request that the routes and what may stand in their places allow."""
    for method, template in templates(app):
        between, names = (parts := _NAME.split(template))[::2], parts[1::2]
        for chosen in product(*(given[name] for name in names)):
            path = "".join(text + meant for text, meant in zip(between, (*chosen, ""), strict=True))
            yield Way(method=method, path=path, template=template)
