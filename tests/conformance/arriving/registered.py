"""What the registers and Fiks have beside messages: profiles, answers about parties, and reports to the barnevern."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from jsonschema import Draft201909Validator
from lxml import etree
from referencing import Registry, Resource

from akson.exchange import concern, profile, registry
from akson.exchange.concern import Document, Person, Report, Reporter
from akson.registers import parties
from tests.conformance.arriving.prefixes import renamed
from tests.conformance.suites import Case

PROFILES, REPORTS = "fixtures/adresseregister-flr-cppa", "fixtures/barnevern"
SEEN = {  # what a party receives by another name than its message type, or of another domain
    "nav-qass-31162.xml": {"AVVISNING", "EGENANDELFORESPORSEL", "OPPGJORSKRAV", "OPPGJORSRESULTAT", "SVAR",
                           "SVARMELDING", "UTBETALING"},
    "CPP_Rest_93238.xml": {"SVAR"}, "CPP_Rest_93239.xml": {"SVAR"},
}  # fmt: skip


def cases(shared: Path) -> Iterator[Case]:
    """Yield the cases."""
    for file in sorted((shared / PROFILES).glob("*.xml")):
        if etree.QName(etree.parse(file).getroot()).namespace == profile.CPPA:
            yield Case(f"profile/{file.name}", partial(_profile, file))
    for file in sorted((shared / PROFILES).glob("*.json")):
        yield Case(f"party/{file.name}", partial(_party, file))
    yield Case("report/offentligBekymringsmeldingV1.json", partial(_report, shared / REPORTS))


def _profile(file: Path) -> str | None:
    """Say what of what a party receives is not read, whatever the prefixes; by another way to the same elements."""
    body = file.read_bytes()
    for party in etree.fromstring(body).findall("{*}PartyInfo"):
        numbers = {each.get(f"{{{profile.CPPA}}}type"): int(each.text or 0) for each in party.findall("{*}PartyId")}
        bound = party.xpath(".//*[local-name()='CanReceive']/*[local-name()='ThisPartyActionBinding']")
        wanted = {each.get(f"{{{profile.CPPA}}}action").upper() for each in bound} - {"APPREC"}
        found = profile.read(body, numbers["HER"])
        if found is None or found.takes | found.others != wanted:
            return f"of {numbers['HER']} is read {found}, not {sorted(wanted)}"
        if found.takes - set(registry.codes()) or found.others & set(registry.codes()):
            return "a type is taken for another"
        if found.others - SEEN.get(file.name, set()):
            return f"nobody has seen that it calls something {sorted(found.others)}"
        if profile.read(renamed(body), numbers["HER"]) != found:
            return "with other prefixes it says something else"
    return None


def _party(file: Path) -> str | None:
    """Say what of a party the register told otherwise."""
    told = json.loads(file.read_text("utf-8"))
    found = parties.read(file.read_bytes(), told["herId"])
    wanted = (told["herId"], told["name"], 0, told["organizationDetails"]["organizationNumber"],
              told["currentSigningCertificate"]["thumbprint"], told["currentEncryptionCertificate"]["thumbprint"],
              datetime.fromisoformat(told["validFrom"]))  # fmt: skip
    read = (found.her_id, found.name, found.parent, found.number, found.signing, found.encryption, found.since)
    return None if read == wanted else f"read as {read}"


def _report(folder: Path) -> str | None:
    """Say how the real report, as we would write it, breaks the schema of today, or says something else."""
    told = json.loads((folder / "offentligBekymringsmeldingV1.json").read_text("utf-8"))
    first = next(iter(_broken(folder, "offentlig.bekymringsmelding.v1.json", told)), None)
    if first:
        return f"the sample breaks its own schema: {first}"
    told["offentligMelder"]["epost"] = "laerer@skole.example"
    ours = concern.in_district(_as_ours(told), told["bydelsnummer"], told["bydelsnavn"])
    for broken in _broken(folder, "v2__offentlig.bekymringsmelding.v2.json", ours):
        return f"ours breaks the schema: {broken}"
    lost = {text for text in _texts(told) if text} - set(_texts(ours)) - set(_unasked(told))
    return f"lost {sorted(lost)}" if lost else None


def _as_ours(told: Document) -> Document:
    who, child, said = told["offentligMelder"], told["offentligBarn"][0], told["melding"]
    place = who["virksomhet"]
    reporter = Reporter(
        name=who["personnavn"], role=who["rolle"], phone=who["telefonnummer"], mail=who["epost"], unit=place["navn"],
        number=place["orgnr"], place=place["adresse"]["adresselinje1"],
    )  # fmt: skip
    carers = tuple(Person(name=one["personnavn"], told=one["orientert"]) for one in told["foresatte"])
    return concern.document(Report(
        municipality=(told["kommunenummer"], told["kommunenavn"]), district=told["bydelsnummer"], reporter=reporter,
        child=Person(name=child["personnavn"], fnr=child["fnr"], place=child["adresse"]["adresselinje1"],
                     told=child["orientert"], why=child["orientertGrunn"]),
        carers=carers, worry=said["melding"], story=said["historie"], views="", interpreter=told["behovForTolk"],
        helpers=told["andreHjelpeinstanser"], channel=told["leveringskanal"],
        sent=datetime.fromisoformat(told["sendingstidspunkt"] + "+01:00"),
    ))  # fmt: skip


def _unasked(told: Document) -> Iterator[str]:
    """Yield what we never write: telephones, post codes, and further children, who get reports of their own."""
    for child in told["offentligBarn"]:
        yield from (child["telefonnummer"], child["adresse"]["postnummer"], child["adresse"]["poststed"])
    yield from _texts(told["offentligBarn"][1:])
    yield from (one["telefonnummer"] for one in told["foresatte"])
    address = told["offentligMelder"]["virksomhet"]["adresse"]
    yield from (address["postnummer"], address["poststed"])


def _texts(told: Any) -> Iterator[str]:
    if isinstance(told, str):
        yield told
    for each in told.values() if isinstance(told, dict) else told if isinstance(told, list) else ():
        yield from _texts(each)


def _broken(folder: Path, name: str, document: Document) -> Iterator[str]:
    """Yield how a document breaks a schema of the folder."""
    address = Resource.from_contents(json.loads((folder / "adresse.json").read_text("utf-8")))
    shape = json.loads((folder / name).read_text("utf-8"))
    known = Registry(retrieve=lambda _uri: address)  # each schema names it by another path
    for error in Draft201909Validator(shape, registry=known).iter_errors(document):
        yield f"{error.json_path}: {error.message}"
