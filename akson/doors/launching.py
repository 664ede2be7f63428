"""The SMART server on a real office: whose records an app can be opened for, and who an app's token stands for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from hashlib import sha256
from typing import Any

import httpx

from akson.access.rules import Act
from akson.base.errors import Refused
from akson.base.web.render import full_date
from akson.base.work import Actor, Kind, Purpose, Work
from akson.doors.limits import Limits
from akson.doors.opening import clock
from akson.doors.settings import Settings
from akson.record import journal
from akson.record.deciding import allow, facts_for
from akson.record.office import Office
from akson.record.represented import Represented, represented
from akson.record.search.searching import search
from akson.record.stored import Stored
from akson.signin.keys import Keyring
from akson.signin.model import TokenClaims
from akson.signin.sessions import SessionSettings
from akson.signin.smart.apps import Apps
from akson.signin.smart.consenting import Choice, Records
from akson.signin.smart.granting import Grants
from akson.signin.smart.proving import Prover
from akson.signin.smart.server import Smart
from akson.signin.tickets import Tickets

PLACE = "/smart"  # where the server stands
_OFFERED = 20


def smart_server(settings: Settings, office: Office, http: httpx.AsyncClient, sessions: SessionSettings) -> Smart:
    """Return the server of one installation."""
    keys, apps, tickets = settings.keys, Apps(office.database), Tickets(office.database)
    return Smart(
        url=f"{settings.base_url}{PLACE}", audience=settings.fhir_url, bearer=settings.bearer,
        keys=Keyring.open(keys, "smart"), id_keys=Keyring.open(keys, "smart-id", rsa=True), apps=apps, tickets=tickets,
        grants=Grants(office.database, sessions, clock), prover=Prover(apps, tickets, http, clock), clock=clock,
    )  # fmt: skip


async def actor_of(claims: TokenClaims, smart: Smart, office: Office, limits: Limits) -> Actor:
    """Return whom an app's token stands for now: a person in the role they had, or the program itself.

    Raises  Refused AK-L002 when app, grant or employment are no more; AK-L016 when the app has asked too much
    """
    standing = await smart.grants.standing(claims.client, str(claims.claims.get("grant", "")))
    if standing is None:
        raise Refused("AK-L002", detail="nothing stands behind the token any more")
    await limits.take(claims.client, standing.rate)
    grant = standing.grant
    if grant is None:
        return Actor(kind=Kind.SYSTEM, id=f"Device/{claims.client}", key=0, name=standing.name, role="system",
                     scopes=claims.scopes, signed_in=claims.issuer, client=claims.client, token=claims.jti)  # fmt: skip
    through = f"{grant.actor.signed_in} app {claims.client}"
    actor = replace(grant.actor, scopes=claims.scopes, context=grant.context, signed_in=through, client=claims.client,
                    grant=grant.id, token=claims.jti)  # fmt: skip
    if actor.kind is Kind.STAFF and not await office.register.still_employed(actor, office.clock()):
        raise Refused("AK-L002", detail="the person has left")
    return actor


def device(subject: str, issuer: str) -> str:
    """Return the id of a program that another issuer knows: two of them may know different ones by one name."""
    return f"Device/{subject}.{sha256(issuer.encode()).hexdigest()[:8]}"


def records(office: Office) -> Records:
    """Return what the consent page asks of the record, under the same rules and with the same trace as all else."""

    async def offered(actor: Actor, name: str) -> list[Choice]:
        async with office.work(actor, _purpose(actor), screen="smart consent") as work:
            if actor.kind is Kind.CITIZEN:
                return [_represented(work, one) for one in await represented(work)]
            pairs = [("_count", str(_OFFERED)), ("_sort", "family"), *([("name", name)] if name.strip() else [])]
            return [_choice(hit) for hit in (await search(work, "Patient", pairs)).hits]

    async def opened(actor: Actor, patient: str, what: str) -> Choice:
        async with office.work(actor, _purpose(actor), screen="smart consent") as work:
            return await _opened(work, patient, what)

    async def noted(actor: Actor, owner: int, what: str) -> None:
        async with office.work(actor, _purpose(actor), screen="smart consent") as work:
            work.saw(owner, what)

    return Records(offered=offered, opened=opened, noted=noted)


def _represented(work: Work, one: Represented) -> Choice:
    work.saw(one.owner, f"Patient/{one.id} app choice", basis=one.basis)
    return Choice(id=one.id, name=one.name, born=one.basis, context=one.owner)


async def _opened(work: Work, patient: str, what: str) -> Choice:
    """Return the patient when the person may open the record as a whole now."""
    owner = (await journal.key_of(work, "Patient", patient))[0]
    facts = (await facts_for(work, [owner])).get(owner)
    if facts is None or not facts.is_person:
        raise journal.unknown(work, "Patient", patient)
    allow(work, facts, None, Act.READ, what)
    return _choice(await journal.read(work, "Patient", patient))


def _choice(hit: Stored) -> Choice:
    person: dict[str, Any] = hit.resource
    name: dict[str, Any] = next(iter(person.get("name") or []), {})
    shown = name.get("text") or " ".join([*name.get("given", []), name.get("family", "")]).strip()
    return Choice(id=hit.id, name=shown, born=_day(str(person.get("birthDate", ""))), context=hit.owner)


def _day(text: str) -> str:
    """Return a FHIR date as people write it; a year or a month alone stands as it is."""
    return full_date(date.fromisoformat(text)) if text.count("-") == 2 else text


def _purpose(actor: Actor) -> Purpose:
    return Purpose.OWN if actor.kind is Kind.CITIZEN else Purpose.TREATMENT
