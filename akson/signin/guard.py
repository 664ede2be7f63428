"""What must never run in production. The doors ask before they start anything."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from akson.base.errors import Refused

# Where invented persons may live. Any other name of an environment, also a misspelt one, is production.
NOT_PRODUCTION = frozenset({"demo", "development", "test"})


@dataclass(frozen=True, kw_only=True)
class Guarded:
    """The settings that are harmless in a demo only."""

    environment: str  # AKSON_ENV
    base_url: str = "https://"  # as browsers see us
    issuers: tuple[str, ...] = ()  # addresses of the issuers people are signed in at
    personas: bool = False  # demo persons in the database or the picker
    own_issuer: bool = False  # our own issuer with its persona picker
    token_command: bool = False  # `akson token`
    synthetic_ids: bool = False  # synthetic national ids are accepted
    bearer: bool = False  # access tokens that are not bound to a key are accepted
    open_database: bool = False  # others could read what goes to the database, or answer in its place
    open_scanner: bool = False  # likewise the files that are searched for malware: its protocol has no TLS


def is_production(environment: str) -> bool:
    """Say whether real persons are at stake; when in doubt they are."""
    return environment not in NOT_PRODUCTION


def refuse_in_production(settings: Guarded) -> None:
    """Raise Refused AK-L009 when something of the demo is switched on in production."""
    if not is_production(settings.environment):
        return
    plain = any(urlsplit(url).scheme != "https" for url in (settings.base_url, *settings.issuers))
    found = [what for what, there in {
        "demopersoner": settings.personas,
        "egen innlogging med personvelger": settings.own_issuer,
        "kommandoen «akson token»": settings.token_command,
        "syntetiske fødselsnumre": settings.synthetic_ids,
        "tilgangsbevis som ikke er bundet til en nøkkel": settings.bearer,
        "adresser uten https": plain,
        "en database på en annen maskin uten sslmode=verify-full": settings.open_database,
        "en virusskanner på en annen maskin": settings.open_scanner,
    }.items() if there]  # fmt: skip
    if found:
        raise Refused("AK-L009", what=", ".join(found))
