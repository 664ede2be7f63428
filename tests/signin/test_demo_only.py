"""What belongs to the demo never starts in production; `akson token` gives tokens that the FHIR API takes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from akson.base.database import Database
from akson.base.errors import Refused
from akson.signin.guard import Guarded, is_production, refuse_in_production
from akson.signin.issuer import IssuerSettings
from akson.signin.keys import Keyring
from akson.signin.model import Persona
from akson.signin.remote import OwnKeys
from akson.signin.tickets import Tickets
from akson.signin.tokens import PROGRAM_NAME, system_token, token_for
from akson.signin.verifier import Trust, Verifier
from tests.signin.conftest import ASTRID, JONAS, PERSONAS, Clock

SAFE = {"base_url": "https://akson.example", "issuers": ("https://helseid.example",)}


@pytest.mark.parametrize(("switched_on", "named"), [
    ({"personas": True}, "demopersoner"),
    ({"own_issuer": True}, "egen innlogging med personvelger"),
    ({"token_command": True}, "akson token"),
    ({"synthetic_ids": True}, "syntetiske fødselsnumre"),
    ({"bearer": True}, "ikke er bundet"),
    ({"base_url": "http://akson.example"}, "uten https"),
    ({"issuers": ("https://helseid.example", "http://127.0.0.1:8000/id")}, "uten https"),
])  # fmt: skip
def test_nothing_of_the_demo_starts_in_production(switched_on: dict[str, object], named: str) -> None:
    for environment in ["production", "Production", "prod", "pilot", "", "demo "]:
        with pytest.raises(Refused, match="AK-L009") as no:
            refuse_in_production(Guarded(**(SAFE | switched_on | {"environment": environment})))
        assert named in no.value.text
    for environment in ["demo", "development", "test"]:
        refuse_in_production(Guarded(**(SAFE | switched_on | {"environment": environment})))


def test_production_starts_with_real_issuers_over_https() -> None:
    assert is_production("production")
    refuse_in_production(Guarded(environment="production", **SAFE))


@pytest.fixture
def settings() -> IssuerSettings:
    async def personas() -> list[Persona]:
        return PERSONAS

    return IssuerSettings(url="http://127.0.0.1/id", audience="http://127.0.0.1/fhir", clients={}, personas=personas)


async def test_a_vendor_gets_a_token_as_a_named_person_for_an_hour(
    settings: IssuerSettings, db: Database, tmp_path: Path
) -> None:
    keys, clock = Keyring.open(tmp_path, "issuer"), Clock()
    trust = Trust(issuer=settings.url, keys=OwnKeys(keys))
    verifier = Verifier([trust], Tickets(db), clock, audience=settings.audience, bearer=True)
    for name, persona in [("jonas", JONAS), ("Jonas Eikeland", JONAS), ("EIKELAND", JONAS), ("Astrid", ASTRID)]:
        token = await token_for(name, frozenset({"user/*.cruds"}), settings, keys, environment="demo", now=clock())
        found = await verifier.verify({"authorization": f"Bearer {token}"}, "GET", "http://127.0.0.1/fhir/Patient")
        assert (found.subject, found.person and found.person.pid, found.scopes) == (
            persona.id,
            persona.pid,
            {"user/*.cruds"},
        )
        assert found.expires - clock() <= timedelta(hours=1)
    assert found.claims.get("akson_role") is None  # a citizen acts in no role
    program = system_token("lab", frozenset({"system/*.cruds"}), settings, keys, environment="demo", now=clock(),
                           name="Laboratoriet")  # fmt: skip
    found = await verifier.verify({"authorization": f"Bearer {program}"}, "GET", "http://127.0.0.1/fhir")
    assert (found.subject, found.person, found.claims[PROGRAM_NAME]) == ("lab", None, "Laboratoriet")


async def test_a_name_that_fits_nobody_or_several_is_refused_with_those_there_are(
    settings: IssuerSettings, tmp_path: Path
) -> None:
    keys, now = Keyring.open(tmp_path, "issuer"), Clock()()
    for name in ["Ukjent Person", "", "a"]:
        with pytest.raises(Refused, match="AK-L008") as no:
            await token_for(name, frozenset(), settings, keys, environment="demo", now=now)
        assert "Jonas Eikeland" in no.value.diagnostics
    with pytest.raises(Refused, match="AK-L009"):
        await token_for("jonas", frozenset(), settings, keys, environment="production", now=now)
    with pytest.raises(Refused, match="AK-L009"):
        system_token("lab", frozenset(), settings, keys, environment="production", now=now)


def test_keys_are_made_once_kept_private_and_shared(tmp_path: Path) -> None:
    first, second = Keyring.open(tmp_path / "keys", "issuer"), Keyring.open(tmp_path / "keys", "issuer")
    assert first.signer.thumbprint() == second.signer.thumbprint()
    files = list((tmp_path / "keys").iterdir())
    assert [file.name for file in files] == ["issuer.jwks.json"] and files[0].stat().st_mode & 0o077 == 0
    assert "d" not in first.public["keys"][0]
    first.rotate()
    assert first.signer.thumbprint() == second.signer.thumbprint() and len(second.public["keys"]) == 2
