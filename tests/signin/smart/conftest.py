"""The whole application on the invented municipality, served over real HTTP, with apps that the operator registers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.jwk import ECKey

from akson.app import application
from akson.base.database import Database
from akson.base.postgres import Postgres
from akson.base.work import Actor
from akson.doors.seeding import Names
from akson.doors.settings import Settings
from akson.record.office import Office
from akson.signin import jose
from akson.signin.issuer import ASSERTION
from akson.signin.sessions import Sessions, SessionSettings
from akson.signin.smart.apps import App, Apps
from tests.conftest import _database
from tests.offices import opened_office
from tests.seeded import MEMBERS, peopled
from tests.signin.conftest import served

__all__ = ["peopled"]
VERIFIER = "v" * 50
KEY = ECKey.generate_key("P-384", private=True)
BACK = "https://app.example/tilbake"
PUBLIC = App(id="kurve", name="Kurveappen", redirect_uris=(BACK,), launch_url="https://app.example/start",
             scopes=("openid", "fhirUser", "profile", "launch", "launch/patient", "offline_access", "online_access",
                     "patient/*.rs", "user/*.rs", "patient/Observation.cruds"))  # fmt: skip


def keyed(id_: str = "robot", **more: Any) -> App:
    """Return an app with a registered key."""
    jwks = {"keys": [KEY.as_dict(private=False) | {"kid": "k1", "use": "sig", "alg": "ES384"}]}
    return App(**({"id": id_, "name": "Robot", "jwks": jwks, "scopes": ("system/*.rs",)} | more))


@dataclass
class Smart:
    """The application and its database, for tests to reach into."""

    url: str
    office: Office
    names: Names
    http: httpx.AsyncClient
    apps: Apps
    sessions: Sessions
    another: Callable[[], AbstractAsyncContextManager[str]]  # one more server of the same installation
    cookies: dict[str, str] = field(default_factory=dict)

    def id(self, key: str) -> str:
        return self.names[key].partition("/")[2]

    async def staff(self, key: str) -> Actor:
        return (await self.office.register.staff(MEMBERS[key].fnr.value, datetime.now(UTC), "demo:4"))[0]

    async def citizen(self, key: str) -> Actor:
        from seeds.personas import citizen_personas

        card = next(one for one in citizen_personas(datetime.now(UTC).date()) if one.key.endswith(f"/{key}"))
        found = await self.office.register.citizen(card.fnr, "demo:idporten-loa-high")
        assert found is not None
        return found

    async def sign_in(self, actor: Actor) -> dict[str, str]:
        """Return the cookie of a browser in which `actor` is signed in."""
        secret = await self.sessions.start([actor], provider="demo", now=datetime.now(UTC))
        return {"cookie": f"akson={secret}"}

    async def authorize(self, scope: str, browser: dict[str, str], **changed: str) -> httpx.Response:
        """Send an app's request as a browser would; return the page on which to decide, or the redirect before it."""
        query = {
            "response_type": "code", "client_id": "kurve", "redirect_uri": BACK, "scope": scope, "state": "tilstand",
            "aud": f"{self.url}/fhir", "code_challenge": jose.b64(jose.sha256(VERIFIER)),
            "code_challenge_method": "S256",
        } | changed  # fmt: skip
        kept = {name: value for name, value in query.items() if value}
        answer = await self.http.get(f"{self.url}/smart/authorize", params=kept, headers=browser)
        where = answer.headers.get("location", "")
        if answer.status_code == 303 and where.startswith(f"{self.url}/smart/app"):
            return await self.http.get(where, headers=browser)
        return answer

    async def decide(self, page: httpx.Response, browser: dict[str, str], **form: str) -> dict[str, str]:
        """Answer the page; return what the app is told at its own address."""
        hidden = {name: page.text.split(f'name="{name}" value="')[1].split('"')[0] for name in ("_csrf", "be")}
        sent = hidden | {"svar": "ja"} | form
        answer = await self.http.post(f"{self.url}/smart/app", data=sent, headers=browser)
        assert answer.status_code == 303, answer.text
        assert answer.headers["location"].startswith(BACK)
        return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}

    async def token(self, **form: str) -> httpx.Response:
        return await self.http.post(f"{self.url}/smart/token", data=form)

    async def launched(self, scope: str, actor: Actor, patient: str, **changed: str) -> dict[str, Any]:
        """Go all the way of a standalone launch; return the token response."""
        browser = await self.sign_in(actor)
        page = await self.authorize(scope, browser, **changed)
        told = await self.decide(page, browser, pasient=self.id(f"Patient/{patient}") if patient else "")
        answer = await self.token(grant_type="authorization_code", code=told["code"], redirect_uri=BACK,
                                  client_id="kurve", code_verifier=VERIFIER)  # fmt: skip
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def fhir(self, token: dict[str, Any], path: str, *, at: str = "") -> httpx.Response:
        headers = {"authorization": f"Bearer {token['access_token']}"}
        return await self.http.get(f"{at or self.url}/fhir/{path}", headers=headers)


def assertion(url: str, id_: str = "robot", **changed: Any) -> dict[str, str]:
    """Return what proves an app: ES384, by the key it registered."""
    now = int(datetime.now(UTC).timestamp())
    claims = {"iss": id_, "sub": id_, "aud": f"{url}/smart/token", "jti": jose.fresh(), "exp": now + 200} | changed
    header = {"alg": "ES384", "typ": "JWT", "kid": "k1"}
    return {"client_assertion_type": ASSERTION,
            "client_assertion": jwt.encode(header, claims, KEY, algorithms=["ES384"])}  # fmt: skip


@pytest.fixture
async def smart(postgres: Postgres, peopled: tuple[str, Names], tmp_path: Path) -> AsyncIterator[Smart]:
    """Fjordvik with its named people, and one public app."""
    template, names = peopled
    _write_keys(tmp_path / "keys")
    async with (
        _database(postgres, template) as url, opened_office(url) as office, httpx.AsyncClient() as http,
        _served(url, tmp_path) as address,
    ):  # fmt: skip
        database: Database = office.database
        apps = Apps(database)
        await apps.add(PUBLIC, datetime.now(UTC))
        yield Smart(url=address, office=office, names=names, http=http, apps=apps,
                    sessions=Sessions(database, SessionSettings(secure=False)),
                    another=lambda: _served(url, tmp_path, address))  # fmt: skip


def _served(database_url: str, folder: Path, called: str = "") -> Any:
    """Serve the application. called: the address clients know it by, when another server has that already."""

    def build(url: str) -> Any:
        return application(Settings(
            environment="test", database_url=database_url, data=folder, base_url=called or url, port=1, schemas=None,
            exchange_secret="", postgres_bin=None, staff_issuer="", citizen_issuer="", client_id="akson",
        ))  # fmt: skip

    return served(build, lifespan="on")


def _write_keys(folder: Path) -> None:
    """Let the application have the keys of the office the people were loaded in."""
    folder.mkdir()
    log = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
    )
    held = {"ids": {"a": (b"k" * 16).hex()}, "hashes": b"secret".hex(), "drafts": (b"d" * 32).hex(), "log": log.hex()}
    (folder / "installation.json").write_text(json.dumps(held), "utf-8")
