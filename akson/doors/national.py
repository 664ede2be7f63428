"""The demo's services of NHN: Adresseregisteret, Persontjenesten and the message server, and our own place at them.

They let us in as the real ones do, by a token of HelseID that is bound to our key; our own issuer plays HelseID. They
know whom the record knows: what they start from is written down when the demo begins.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from akson.doors import parties, persons
from akson.doors.settings import Settings
from akson.patient.population import number_of
from akson.record import facts
from akson.registers.persons import PROTECTION

EDI_SCOPE: Final = "nhn:msh/api"
ARRIVES, ANSWERS = "5", "20"  # seconds until a message has come to whom it was sent to, and until that has answered it
_PARTIES, _PEOPLE = "parties.json", "people.json"
_WORDS: Final = {mark: word for word, mark in PROTECTION.items()}  # what the register calls our marks
Told = Sequence[dict[str, Any]]


def joined(settings: Settings, issuer: str, urls: Sequence[str], addresses: Told) -> Settings:
    """Return the settings with the three services, having written down whom Adresseregisteret knows.

    issuer     who gives tokens for them
    urls       of the three programs, in the order of `programs`
    addresses  every communication party of the demo, see `seeding.directory`
    """
    home = _folder(settings)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    (home / _PARTIES).write_text(json.dumps(list(addresses), ensure_ascii=False), "utf-8")
    of_parties, of_persons, of_messages = urls
    return replace(settings, parties_url=of_parties, parties_issuer=issuer, persons_url=of_persons,
                   persons_issuer=issuer, edi_url=of_messages, edi_issuer=issuer, edi_scope=EDI_SCOPE)  # fmt: skip


def people(settings: Settings) -> Path:
    """Return the file of everybody Persontjenesten knows; it keeps what becomes of them there."""
    return _folder(settings) / _PEOPLE


def registered(patient: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a Patient as the program that plays Folkeregisteret has people; None for one without a number there."""
    number, names = number_of(patient), patient.get("name") or ()
    name: Mapping[str, Any] = next((one for one in names if one.get("use") in ("official", None)), {})
    given = [*name.get("given", ()), ""]
    if not number or not name.get("family"):
        return None
    home: Mapping[str, Any] = next((one for one in patient.get("address", ()) if one.get("use") == "home"), {})
    street, _, house = " ".join(home.get("line", ())).rpartition(" ")
    told = {
        "nin": number, "given": given[0], "middle": " ".join(given[1:]).strip(), "family": name["family"],
        "street": street or house, "house": house if street else "", "postal": home.get("postalCode", ""),
        "city": home.get("city", "").upper(), "protection": _WORDS.get(_mark(patient), ""),
        "died": str(patient.get("deceasedDateTime", ""))[:10],
    }  # fmt: skip
    return {what: said for what, said in told.items() if said}


def programs(settings: Settings, port: int, ours: Sequence[int]) -> list[list[str]]:
    """Return how the three are started. port: of the first of them; ours: the HER-ids that we send and fetch for."""
    home, client = _folder(settings), f"{settings.client_id}={','.join(map(str, ours))}"
    told = (
        ("parties", parties.SCOPE, ["--parties", str(home / _PARTIES)]),
        ("persons", persons.SCOPE, ["--people", str(people(settings))]),
        ("message_server", EDI_SCOPE, ["--client", client, "--arrives", ARRIVES, "--answers", ANSWERS]),
    )
    return [[f"peers.{name}", "--port", str(port + further), "--issuer", settings.edi_issuer, "--audience",
             scope.partition("/")[0], "--scope", scope, *more]
            for further, (name, scope, more) in enumerate(told)]  # fmt: skip


def scopes(settings: Settings, issuer: str) -> frozenset[str]:
    """Return what we ask of an issuer as a machine: the scopes of the services that this installation has there."""
    services = (
        (settings.parties_url, settings.parties_issuer, parties.SCOPE),
        (settings.persons_url, settings.persons_issuer, persons.SCOPE),
        (settings.edi_url, settings.edi_issuer, settings.edi_scope),
    )
    return frozenset(one for url, who, scope in services if url and who == issuer for one in scope.split())


def _mark(patient: Mapping[str, Any]) -> str:
    marks = (patient.get("meta") or {}).get("security") or ()
    return next((one["code"] for one in marks if one.get("system") == facts.PROTECTION), "")


def _folder(settings: Settings) -> Path:
    return settings.data / "nhn"
