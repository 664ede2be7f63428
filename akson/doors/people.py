"""The demo's named persons: whom one can be, and where to begin. In production the guard refuses to start."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

import httpx

from akson.access.roles import LOAD, Permission, has
from akson.base.web.render import local
from akson.doors.opening import clock, opened
from akson.doors.settings import Settings
from akson.exchange import registering
from akson.patient.population import standing
from akson.signin.guard import Guarded, refuse_in_production
from akson.signin.issuer import IssuerSettings
from akson.signin.keys import Keyring
from akson.signin.model import Persona
from akson.signin.tokens import called, system_token, token_for

Personas = Callable[[], Awaitable[list[Persona]]]
READY_WITHIN = 60  # seconds
PERSON, PROGRAM = frozenset({"user/*.cruds"}), frozenset({"system/*.cruds"})  # scopes, unless others are asked for


def personas(settings: Settings) -> Personas:
    """Return the function that lists the persons of the picker; none unless our own issuer is in use."""

    async def listed() -> list[Persona]:
        return demo_personas() if settings.own_issuer else []

    return listed


def demo_personas() -> list[Persona]:
    """Return everyone the invented municipality lets one be."""
    from seeds.personas import citizen_personas, staff_personas

    staff = [_persona(one, group="Ansatte", staff=True) for one in staff_personas()]
    return staff + [_persona(one, group="Innbyggere", staff=False) for one in citizen_personas(local(clock()).date())]


def _persona(card: object, *, group: str, staff: bool) -> Persona:
    fields = ("key", "name", "title", "fnr", "hint", "role")
    key, name, title, fnr, hint, code = (getattr(card, field) for field in fields)
    role, _, unit = title.partition(", ")
    return Persona(
        id=key.partition("/")[2], name=name, role=role, unit=unit, pid=fnr, group=group, staff=staff, note=hint,
        code=code,
    )  # fmt: skip


def issuer_settings(settings: Settings) -> IssuerSettings:
    """Return what signs tokens for `akson token`: the issuer's name and audience, and its persons."""
    return IssuerSettings(
        url=f"{settings.base_url}/issuer", audience=settings.fhir_url, clients={}, personas=personas(settings)
    )


async def token(settings: Settings, name: str, scopes: frozenset[str], now: datetime) -> str:
    """Return what `akson token` gives: a person's token, or a program's when nobody is named.

    name    a persona; who manages the installation opens no records: theirs is the token of a program that loads
    scopes  none: what suits the caller
    Raises  Refused AK-L008, AK-L009
    """
    environment = settings.environment
    refuse_in_production(Guarded(environment=environment, token_command=True))  # before anybody is looked up
    issuer, ring = issuer_settings(settings), Keyring.open(settings.keys, "issuer")
    if not name:
        return system_token("leverandor", scopes or PROGRAM, issuer, ring, environment=environment, now=now,
                            name="Datasystem hos en leverandør")  # fmt: skip
    persona = called(name, await issuer.personas())
    if not scopes and has(persona.code, Permission.MANAGE):
        return system_token("innlasting", PROGRAM | {LOAD}, issuer, ring, environment=environment, now=now,
                            name=f"Innlasting ved {persona.name}")  # fmt: skip
    return await token_for(name, scopes or PERSON, issuer, ring, environment=environment, now=now)


async def population(settings: Settings) -> str:
    """Return what the operator is told of Folkeregisteret: whether it answers, and how many wait to be asked about."""
    async with opened(settings, size=1) as office:
        state = await standing(office)
    if not settings.persons_url:
        return "Folkeregisteret spørres ikke: AKSON_PERSONS_URL er ikke satt."
    away = (
        f"svarer ikke siden {state['away_since']:%d.%m.%Y %H.%M}: {state['why']}" if state["away_since"] else "svarer"
    )
    heard = f"{state['heard']:%d.%m.%Y %H.%M}" if state["heard"] else "aldri"
    return (f"Folkeregisteret {away}. Hendelser lest {heard}, neste er {state['next']}. "
            f"{state['waiting']} av {state['people']} pasienter venter på svar.")  # fmt: skip


async def parties(settings: Settings, *, again: bool = False) -> str:
    """Return what the operator is told of Adresseregisteret: whether it answers, and whom it knows no more.

    again  let the worker ask about everybody now
    """
    async with opened(settings, size=1) as office:
        if again and settings.parties_url:
            await registering.again(office)
        state, gone = await registering.standing(office), await registering.gone(office)
    if not settings.parties_url:
        return "Adresseregisteret spørres ikke: AKSON_PARTIES_URL er ikke satt."
    away = f"svarer ikke: {state['why']}" if state["why"] else "svarer"
    last = f"{state['asked']:%d.%m.%Y %H.%M}" if state["asked"] else "aldri"
    lines = [f"Adresseregisteret {away}. Svarte sist {last}. {len(gone)} av {state['parties']} parter er stengt."]
    lines += ["Alle spørres det om på nytt nå."] if again else []
    return "\n".join([*lines, *(f"{one['her_id']}  {one['name']}, stengt {one['gone']:%d.%m.%Y}" for one in gone)])


def wait_until_ready(base_url: str, given_up: Callable[[], bool]) -> bool:
    """Ask until the server answers that it is ready; False when it does not within a minute, or has been given up."""
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until and not given_up():
        try:
            if httpx.get(f"{base_url}/health/ready", timeout=2).status_code == 200:
                return True
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    return False


def welcome(settings: Settings, hospital: int, seconds: float, logs: Path | None) -> str:
    """Return what the terminal shows when everything runs. logs: the folder they go to; None: the terminal."""
    lines = [
        "", f"Akson er klar etter {seconds:.0f} s. Fjordvik kommune, oppdiktet.", "",
        f"  Arbeidsflate og Min side   {settings.base_url}",
        f"  FHIR R4                    {settings.fhir_url}   (bevis: .venv/bin/akson token)",
        f"  Vestfjell sykehus          http://127.0.0.1:{hospital}",
        f"  Helsepersonellregisteret   http://127.0.0.1:{hospital + 1}",
        f"  Vestbyen legekontor        http://127.0.0.1:{hospital + 2}",
        f"  NAV Fjordvik               http://127.0.0.1:{hospital + 3}",
        f"  Barneverntjenesten         http://127.0.0.1:{hospital + 4}",
        f"  Nordvik skole og PPT       http://127.0.0.1:{hospital + 5}",
        f"  Adresseregisteret          http://127.0.0.1:{hospital + 6}",
        f"  Folkeregisteret            http://127.0.0.1:{hospital + 7}",
        f"  NHNs meldingstjener        http://127.0.0.1:{hospital + 8}   (bak den: Solhaug rehabiliteringssykehus)",
        f"  Logger                     {logs or 'her i terminalen'}", "", "Logg inn som:",
    ]  # fmt: skip
    lines += [f"  {one.name:<28} {', '.join(filter(None, (one.role, one.unit))):<44} {one.note}"
              for one in demo_personas()]  # fmt: skip
    return "\n".join([*lines, "", "Ctrl-C stopper alt. Dataene blir liggende til neste gang.", ""])
