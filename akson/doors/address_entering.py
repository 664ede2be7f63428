"""`akson address-put` and `address-list`: the operator enters who is written to and how, and which units are ours."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import click

from akson.base.errors import Refused
from akson.base.work import Purpose
from akson.doors.opening import opened
from akson.doors.settings import Settings
from akson.exchange import addresses, delivery
from akson.exchange.addresses import AMQP, EDI, Address
from akson.record import journal
from akson.record.office import Office
from akson.registers.identifiers import OrgNr

_WAYS: Final = {"edi": EDI, "amqp": AMQP}
_REACHED: Final = {EDI: "meldingstjeneren (EDI)", AMQP: "køer (AMQP)", "": "nås ikke"}


def put_command(running: Callable[[], Settings]) -> click.Command:
    """Return the command that enters one. running: the settings of the installation it is about."""

    @click.command(name="address-put", help="Før inn en part i meldingsutvekslingen, eller rett den som står.")
    @click.argument("her_id", type=click.IntRange(min=1))
    @click.option("--name", help="Navnet. Uten det: som i journalen, eller i Adresseregisteret.")
    @click.option("--parent", type=click.IntRange(min=0), help="Virksomhetens HER-id. 0: den er virksomheten.")
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
    """Enter one; return how it stands. What is not told stands as it did."""
    async with opened(settings, size=1) as office:
        stood = (await addresses.find(office.database, [her_id])).get(her_id)
        try:
            wanted = _changed(stood or Address(her_id=her_id, name=f"HER-id {her_id}", ours=False), told)
            if unit is not None:
                wanted = await _ours(office, wanted, unit, named=bool(told["name"] or stood))
            elif endpoint is not None:
                wanted = replace(wanted, ours=False, unit=0, unit_id="", endpoint=endpoint)
        except (Refused, ValueError) as wrong:
            raise click.ClickException(f"{_why(wrong)} Ingenting er endret.") from None
        above = [wanted.parent] if wanted.parent else []
        if wanted.parent == her_id or len(await addresses.find(office.database, above)) < len(above):
            raise click.ClickException(f"Før inn virksomheten {wanted.parent} først. Ingenting er endret.")
        await addresses.put(office.database, [wanted])
        return _told((await addresses.find(office.database, [her_id]))[her_id])


def _changed(stood: Address, told: Mapping[str, Any]) -> Address:
    """Return an address with what is told of it. Raises Refused AK-R005, AK-R006; ValueError."""
    number = OrgNr.parse(told["number"]).value if told["number"] else stood.org_number
    return replace(
        stood, org_number=number, name=told["name"] or stood.name,
        parent=stood.parent if told["parent"] is None else told["parent"],
        apprec=told["apprec"] or stood.apprec, fiks=stood.fiks if told["fiks"] is None else told["fiks"],
        consented=stood.consented if told["consent"] is None else told["consent"],
    )  # fmt: skip


async def _ours(office: Office, wanted: Address, unit: str, *, named: bool) -> Address:
    """Return an address as one of ours: of a unit that stands in the journal. Raises Refused AK-J001."""
    id_ = unit.removeprefix("Organization/")
    async with office.work(delivery.AKSON, Purpose.MESSAGE) as work:
        found = (await journal.read(work, "Organization", id_)).resource
    name = wanted.name if named else str(found.get("name", wanted.name))
    return replace(wanted, ours=True, name=name, unit=office.ids.open(id_) or 0, unit_id=f"Organization/{id_}",
                   endpoint="", fiks="", consented=False, takes=())  # fmt: skip


def _why(wrong: Exception) -> str:
    if isinstance(wrong, Refused):
        return wrong.text
    return "Den lokale transporten skriver bare til denne maskinen, og et barnevern har numre som 4299/00."


def _told(one: Address) -> str:
    how = f"vår, {one.unit_id}" if one.ours else _REACHED.get(one.endpoint, one.endpoint)
    parts = (how, f"barnevern {one.fiks}" if one.fiks else "", "med samtykke" if one.consented else "",
             "" if one.apprec == "1.1" else f"AppRec {one.apprec}")  # fmt: skip
    under = f" ({one.parent} {one.parent_name})" if one.parent else ""
    return f"{one.her_id}  {one.name}{under}: {', '.join(filter(None, parts))}"
