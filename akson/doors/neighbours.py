"""The programs of neighbours that our own issuer lets in, as a file names them; in production HelseID knows them.

    [[client]]
    id = "vestbyen"
    name = "Journalen til Vestbyen legekontor"
    organisation = "<number of Enhetsregisteret>"
    scope = "user/*.rs system/Condition.c"
    keys = "public.json"  # beside the file; read each time, so that it may be written later and changed

They sign in as programs (client credentials, private_key_jwt, DPoP), and attest of staff of that organisation.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from akson.base.errors import Refused
from akson.doors.settings import Settings
from akson.registers.identifiers import OrgNr
from akson.signin.model import Client

NAME: Final = "AKSON_NEIGHBOURS"
SCOPE: Final = (
    "user/*.rs system/DocumentReference.c system/Condition.c system/MedicationStatement.c system/Observation.c"
)
_FIELDS: Final = frozenset({"id", "name", "organisation", "scope", "keys"})


def neighbours(settings: Settings) -> dict[str, Client]:
    """Return the programs by their ids; none where no file is named.

    Raises  Refused AK-L011 for a file that cannot be read, and what in it makes no sense
    """
    if settings.neighbours is None:
        return {}
    try:
        told = tomllib.loads(settings.neighbours.read_text("utf-8"))
        found = [_client(one, settings.neighbours.parent) for one in told["client"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise Refused("AK-L011", what=NAME) from None
    named = {one.id: one for one in found}
    if told.keys() != {"client"} or len(named) < len(found) or settings.client_id in named:
        raise Refused("AK-L011", what=NAME)
    return named


def demo(folder: Path, start: Mapping[str, Any]) -> Path:
    """Return the file that lets the demo's GP in, having written it; beside it start.json, for her program."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / "start.json").write_text(json.dumps(start, ensure_ascii=False), "utf-8")
    practice = start["practice"]
    client = {"id": "vestbyen", "name": f"{practice['name']}, eget system", "organisation": practice["number"],
              "scope": SCOPE, "keys": "public.json"}  # fmt: skip
    lines = ["[[client]]", *(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in client.items())]
    (folder / "clients.toml").write_text("\n".join(lines), "utf-8")
    return folder / "clients.toml"


def program(folder: Path, port: int, base_url: str) -> list[str]:
    """Return how her program is started, in the folder that `demo` filled."""
    return ["peers.gp", "--port", str(port), "--akson-url", base_url, "--issuer", f"{base_url}/issuer",
            "--start", str(folder / "start.json"), "--data", str(folder)]  # fmt: skip


def _client(one: Mapping[str, str], folder: Path) -> Client:
    if one.keys() != _FIELDS or not all(value.strip() for value in one.values()):
        raise ValueError("not a client")
    _known(one["organisation"])
    return Client(
        id=one["id"], name=one["name"], keys=partial(_keys, folder / one["keys"]),
        scopes=frozenset(one["scope"].split()), grants=frozenset({"client_credentials"}),
        organisation=one["organisation"],
    )  # fmt: skip


def _known(number: str) -> None:
    try:
        OrgNr(number)
    except Refused:
        raise ValueError("no organisation number") from None


def _keys(file: Path) -> Mapping[str, Any]:
    """Return the public keys that lie in a file now; none where it is not there yet."""
    try:
        found: Mapping[str, Any] = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {"keys": []}
    return found if isinstance(found.get("keys"), list) else {"keys": []}
