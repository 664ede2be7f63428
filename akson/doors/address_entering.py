"""`akson address-put` and `address-list`: the operator enters who is written to and how, and which units are ours."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from getpass import getuser
from os import getuid
from typing import Any, Final

import click

from akson.base.errors import Refused
from akson.base.work import Purpose
from akson.doors.audit_commands import OPERATOR
from akson.doors.opening import opened
from akson.doors.settings import Settings
from akson.exchange import addresses, delivery
from akson.exchange.addresses import AMQP, EDI, Address
from akson.record import journal
from akson.record.office import Office
from akson.registers.identifiers import OrgNr

_WAYS: Final = {"edi": EDI, "amqp": AMQP}
LARGEST: Final = 2**31 - 1  # HER-id, as the message server has it
_CLOSED: Final = "enheten er avsluttet, og meldinger dit blir avvist"
_REACHED: Final = {EDI: "meldingstjeneren (EDI)", AMQP: "køer (AMQP)", "": "nås ikke"}


def put_command(running: Callable[[], Settings]) -> click.Command:
    """Return the command that enters one. running: the settings of the installation it is about."""

    @click.command(name="address-put", help="Før inn en part i meldingsutvekslingen, eller rett den som står.")
    @click.argument("her_id", type=click.IntRange(min=1, max=LARGEST))
    @click.option("--name", help="Navnet. Uten det: som i journalen, eller i Adresseregisteret.")
    @click.option(
        "--parent", type=click.IntRange(min=0, max=LARGEST), help="Virksomhetens HER-id. 0: den er virksomheten."
    )
    @click.option("--number", help="Organisasjonsnummeret.")
    @click.option("--unit", help="Vår: Organization-id til enheten som meldinger dit legges hos.")
    @click.option("--by", "way", type=click.Choice([*_WAYS, "none"]), help="Utenfor: slik nås den.")
    @click.option("--local", help="Utenfor, på denne maskinen: adressen den lokale transporten skriver til.")
    @click.option("--fiks", help="Barnevern: kommunenummer og bydelsnummer, 4299/00.")
    @click.option("--apprec", type=click.Choice(["1.0", "1.1"]), help="Utenfor: kvitteringene den leser.")
    @click.option("--consent/--no-consent", default=None, help="Det trengs samtykke for å fortelle den noe.")
    def put(her_id: int, unit: str | None, way: str | None, local: str | None, **told: Any) -> None:
        if sum(map(bool, (unit, way, local))) > 1:
            raise click.UsageError("Oppgi --unit, --by eller --local, bare én av dem.")
        endpoint = local or (_WAYS.get(way, "") if way else None)
        click.echo(asyncio.run(_entered(running(), her_id, unit, endpoint, told)))

    return put


def list_command(running: Callable[[], Settings]) -> click.Command:
    """Return the command that shows them all."""

    @click.command(name="address-list", help="Vis alle parter i meldingsutvekslingen.")
    def listed() -> None:
        for line in asyncio.run(_listed(running())):
            click.echo(line)

    return listed


async def _listed(settings: Settings) -> list[str]:
    async with opened(settings, size=1) as office:
        known = await addresses.find(office.database, await addresses.every(office.database))
    return [_told(known[one]) for one in sorted(known)]


async def _entered(settings: Settings, her_id: int, unit: str | None, endpoint: str | None,
                   told: Mapping[str, Any]) -> str:  # fmt: skip
    """Enter what is told of one, all else stands; return how it stands then."""
    async with opened(settings, size=2) as office:
        try:
            named = _named(told)
            name = f"HER-id {her_id}"
            if unit is not None:
                ours, name = await _ours(office, unit, name)
                named |= ours
            elif endpoint is not None:
                named |= {"ours": False, "unit": 0, "unit_id": "", "endpoint": endpoint}
            async with office.work(OPERATOR, Purpose.ADMINISTRATION, screen="address-put", reason=_who()) as work:
                await addresses.change(work, her_id, named, fallback=name)
        except Refused as wrong:
            raise click.ClickException(f"{wrong.text} Ingenting er endret.") from None
        return _told((await addresses.find(office.database, [her_id]))[her_id])


def _named(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is told of an address by the columns of its table. Raises Refused AK-R005, AK-R006."""
    number = OrgNr.parse(told["number"]).value if told["number"] else None
    named = {"name": told["name"] or None, "org_number": number, "parent": told["parent"], "fiks": told["fiks"],
             "apprec": told["apprec"], "consented": told["consent"]}  # fmt: skip
    return {column: said for column, said in named.items() if said is not None}


async def _ours(office: Office, unit: str, fallback: str) -> tuple[dict[str, Any], str]:
    """Return what makes an address one of a unit in the journal, and its name there. Raises Refused AK-J001."""
    id_ = unit.removeprefix("Organization/")
    async with office.work(delivery.AKSON, Purpose.MESSAGE) as work:
        found = (await journal.read(work, "Organization", id_)).resource
    named = {"ours": True, "unit": office.ids.open(id_) or 0, "unit_id": f"Organization/{id_}", "endpoint": "",
             "fiks": "", "consented": False, "takes": []}  # fmt: skip
    return named, str(found.get("name") or fallback)


def _who() -> str:
    """Return who sits at the command line, by their login at this machine."""
    try:
        return f"login {getuser()}"
    except (KeyError, OSError):  # a container's user without a name
        return f"login {getuid()}"


def _told(one: Address) -> str:
    how = f"vår, {one.unit_id}" if one.ours else _REACHED.get(one.endpoint, one.endpoint)
    parts = (
        how, _CLOSED if one.closed else "", f"barnevern {one.fiks}" if one.fiks else "",
        "med samtykke" if one.consented else "", "" if one.apprec == "1.1" else f"AppRec {one.apprec}",
    )  # fmt: skip
    under = f" ({one.parent} {one.parent_name})" if one.parent else ""
    return f"{one.her_id}  {one.name}{under}: {', '.join(filter(None, parts))}"
