"""Access tokens for trying out the FHIR API: `akson token --as NAME`. Impossible in production."""

from __future__ import annotations

from datetime import datetime, timedelta

from akson.base.errors import Refused
from akson.signin import jose
from akson.signin.guard import Guarded, refuse_in_production
from akson.signin.issuer import PROGRAM_NAME, IssuerSettings, person, signed
from akson.signin.keys import Keyring
from akson.signin.model import Persona

CLIENT = "akson-token"  # `client_id` of these tokens
LIFETIME = timedelta(hours=1)


async def token_for(
    name: str, scopes: frozenset[str], settings: IssuerSettings, keyring: Keyring, *, environment: str, now: datetime
) -> str:
    """Return a Bearer token, good for an hour, for the persona called `name`.

    name    a persona's id, whole name or any part of it that fits one only
    scopes  e.g. {"user/*.cruds"}
    Raises  Refused AK-L009 in production, AK-L008 when no persona, or more than one, fits
    """
    refuse_in_production(Guarded(environment=environment, token_command=True))
    persona = called(name, await settings.personas())
    return _bearer(persona.id, person(persona), scopes, settings, keyring, now)


def system_token(
    system: str, scopes: frozenset[str], settings: IssuerSettings, keyring: Keyring, *, environment: str, now: datetime,
    name: str = "",
) -> str:  # fmt: skip
    """Return a Bearer token for a program with no person present, e.g. {"system/*.cruds"}.

    name    of the program as people read it in the log; "" when it is called `system`
    Raises Refused AK-L009 in production
    """
    refuse_in_production(Guarded(environment=environment, token_command=True))
    return _bearer(system, {PROGRAM_NAME: name} if name else {}, scopes, settings, keyring, now)


def _bearer(
    subject: str,
    more: dict[str, str],
    scopes: frozenset[str],
    settings: IssuerSettings,
    keyring: Keyring,
    now: datetime,
) -> str:
    scope = " ".join(sorted(scopes))
    ends = now + LIFETIME
    claims = settings.access_claims(subject, CLIENT, scope, jti=jose.fresh(), now=now, ends=ends)
    return signed(claims | more, keyring.signer, "at+jwt")


def called(name: str, personas: list[Persona]) -> Persona:
    """Return the persona that `name` fits. Raises Refused AK-L008 when none does, or more than one."""
    wanted = name.casefold()
    exact = [one for one in personas if wanted in {one.id.casefold(), one.name.casefold()}]
    found = exact or [one for one in personas if wanted and wanted in one.name.casefold()]
    if len(found) != 1:
        raise Refused("AK-L008", name=name, known=", ".join(one.name for one in found or personas))
    return found[0]
