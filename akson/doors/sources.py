"""The other organisations that an installation asks what they hold, as a file of the operator's names them.

    [[source]]
    name = "Vestfjell sykehus"
    number = "<number of Enhetsregisteret>"
    url = "https://ehr.example/fhir"

Which of them there are decides whom our staff's attestations and patients' numbers are told to: nobody but the
operator says it.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx

from akson.base.errors import Refused
from akson.doors.settings import Settings
from akson.exchange.vouching import Elsewhere
from akson.registers.identifiers import OrgNr
from akson.signin.client import OidcClient
from akson.signin.keys import Keyring
from akson.signin.model import Provider

NAME: Final = "AKSON_ELSEWHERE"
_MUST: Final = frozenset({"name", "number", "url"})
_MAY: Final = {"scope": "user/*.rs", "issuer": "", "audience": ""}


def sources(settings: Settings, http: httpx.AsyncClient, clock: Callable[[], datetime]) -> tuple[Elsewhere, ...]:
    """Return whom this installation asks, in the order of the file; nobody where there is none.

    Raises  Refused AK-L011 for a file that cannot be read, and what in it makes no sense
    """
    if settings.elsewhere is None:
        return ()
    try:
        told = tomllib.loads(settings.elsewhere.read_text("utf-8"))
        named = [{**_MAY, **one} for one in told["source"]]
    except (OSError, ValueError, KeyError, TypeError):
        raise Refused("AK-L011", what=NAME) from None
    if told.keys() != {"source"} or not all(_holds(one, settings) for one in named):
        raise Refused("AK-L011", what=NAME)
    if len({one["number"] for one in named}) < len(named):
        raise Refused("AK-L011", what=NAME)
    keys = Keyring.open(settings.keys, "client")
    return tuple(_source(one, settings, keys, http, clock) for one in named)


def written(settings: Settings, *, name: str, number: str, url: str) -> Path:
    """Return the file of the demo's one source, having written it; beside it, client.json, the keys that know us there.

    url  of the organisation's program, which is HelseID for it too
    """
    folder, keys = settings.data / "elsewhere", Keyring.open(settings.keys, "client")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / "client.json").write_text(json.dumps(dict(keys.public)), "utf-8")
    told = {"name": name, "number": number, "url": f"{url}/fhir", "issuer": f"{url}/helseid"}
    lines = ["[[source]]", *(f"{key} = {json.dumps(value)}" for key, value in told.items())]
    (folder / "sources.toml").write_text("\n".join(lines), "utf-8")
    return folder / "sources.toml"


def _holds(one: Mapping[str, Any], settings: Settings) -> bool:
    """Say whether an entry can be asked: all that must be there, nothing unknown, and in production by https only."""
    if not (_MUST <= one.keys() <= _MUST | _MAY.keys()) or not all(isinstance(each, str) for each in one.values()):
        return False
    schemes = ("https://",) if settings.production else ("https://", "http://")
    issuer = one["issuer"] or settings.staff_issuer
    try:
        OrgNr(one["number"])
    except Refused:
        return False
    return bool(one["name"].strip()) and one["url"].startswith(schemes) and issuer.startswith(schemes)


def _source(one: Mapping[str, str], settings: Settings, keys: Keyring, http: httpx.AsyncClient,
            clock: Callable[[], datetime]) -> Elsewhere:  # fmt: skip
    provider = Provider(
        name="helseid", label="", issuer=(one["issuer"] or settings.staff_issuer).rstrip("/"), redirect_uri="",
        client_id=settings.client_id, leave_uri="", resource=one["audience"],
    )  # fmt: skip
    return Elsewhere(oidc=OidcClient(provider, keys, http, clock), base=one["url"].rstrip("/"), scope=one["scope"],
                     name=one["name"], number=one["number"])  # fmt: skip
