"""The demo's people: fills an empty journal with the invented municipality, through the same door as everybody else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from akson.access.roles import OWN_JOB
from akson.base.ids import new_owner_key
from akson.base.work import Actor, Kind, Purpose
from akson.doors.national import registered
from akson.doors.opening import opened
from akson.doors.settings import Settings
from akson.exchange.addresses import EDI, Address, put
from akson.fhir import bodies, owners
from akson.record import journal
from akson.record.office import Office
from akson.record.search.asking import MOST
from akson.record.search.searching import search

SET = 600  # resources in one write set
LOADER = Actor(
    kind=Kind.SYSTEM, id="Device/seed", key=0, name="Fjordviks tidligere journal", role="system",
    scopes=frozenset({OWN_JOB}),
)  # fmt: skip
CONTROLLER = "Organization/fjordvik"  # the data controller of everything that is loaded
Names = dict[str, str]  # seed key -> "Type/id"


async def fill(settings: Settings, people: int, told: Callable[[str], None]) -> None:
    """Load the invented municipality when the journal is empty, and its addresses for messages."""
    import seeds

    async with opened(settings) as office:
        if not await office.empty():
            return
        sets = seeds.resources(people, office.clock())
        names = await load(office, sets, lambda count: told(f"  skrevet: {count} ressurser"))
        await put(office.database, [address_of(office, one, names, settings.port) for one in seeds.addresses()])
    async with opened(settings) as office:  # what was looked at earlier is a stream of the log of its own
        await look(office, seeds.looks(office.clock()), names)


def professionals() -> list[dict[str, str]]:
    """Return what the demo's register of health personnel knows."""
    from seeds import register

    return list(register.professionals())


def directory() -> list[dict[str, Any]]:
    """Return the address register as the demo's barnevern has it: whom it answers, by number in Enhetsregisteret."""
    from seeds import addresses

    listed = addresses()
    names = {one.her_id: one.name for one in listed}
    return [{"orgnr": one.orgnr.value, "her_id": int(one.her_id.value), "name": one.name,
             "parent": int((one.parent or one.her_id).value), "parent_name": names[one.parent or one.her_id]}
            for one in listed if one.ours]  # fmt: skip


def parties() -> list[dict[str, Any]]:
    """Return every communication party there is, as the demo's Adresseregisteret has them."""
    from seeds import addresses

    listed = addresses()
    names = {one.her_id: one.name for one in listed}
    return [{"her_id": int(one.her_id.value), "name": one.name, "number": one.orgnr.value,
             "parent": int(one.parent.value) if one.parent else 0,
             "parent_name": names[one.parent] if one.parent else ""} for one in listed]  # fmt: skip


async def residents(settings: Settings) -> list[dict[str, Any]]:
    """Return everybody in the record, as the demo's Folkeregisteret has them."""
    found: list[dict[str, Any] | None] = []
    async with opened(settings, size=2) as office, office.work(LOADER, Purpose.SYSTEM, screen="demo:residents") as work:
        after: str | None = ""
        while after is not None:
            page = await search(work, "Patient", [("_count", str(MOST)), *([("_after", after)] if after else [])])
            found += [registered(hit.resource) for hit in page.hits]
            after = page.next
    return [one for one in found if one]


def hospital() -> tuple[str, str]:
    """Return what the demo's hospital is called, and its number in Enhetsregisteret."""
    from seeds import fjordvik

    return fjordvik.SYKEHUS.name, fjordvik.address(fjordvik.SYKEHUS).orgnr.value


def own_system() -> dict[str, object]:
    """Return what the demo's GP with a system of her own starts from."""
    from seeds.citizens.own_system import vestbyen

    return vestbyen()


async def look(office: Office, looks: Iterable[Any], names: Names) -> None:
    """Leave the looks of earlier days in the access log, oldest first, each by whoever it was and at its own time."""
    for one in looks:
        earlier = replace(office, clock=partial(_same, one.at))
        actor = (await office.register.staff(one.who.fnr.value, one.at, "demo:4"))[0]
        whose = office.ids.open(names[one.whose].partition("/")[2]) or 0
        screen, reason = f"demo:{one.page}", one.reason
        async with earlier.work(actor, Purpose.TREATMENT, screen=screen, reason=reason) as work:
            work.saw(whose, f"page {one.page}", basis=one.basis)


def _same(at: datetime) -> datetime:
    return at


def address_of(office: Office, one: Any, names: Names, port: int) -> Address:
    """Return an address of the seeds. port: of this installation; the others' programs stand beside it."""
    unit, outside = names[one.unit], f"http://127.0.0.1:{port + one.beside}/exchange/local" if one.beside else EDI
    return Address(
        her_id=int(one.her_id.value), name=one.name, ours=one.ours, unit=office.ids.open(unit.partition("/")[2]) or 0,
        unit_id=unit, parent=int(one.parent.value) if one.parent else 0, org_number=one.orgnr.value,
        endpoint="" if one.ours else outside,
        takes=one.takes, fiks=one.fiks, consented=one.consented,
    )  # fmt: skip


async def load(office: Office, sets: Iterable[Sequence[Any]], told: Callable[[int], None] = lambda _: None) -> Names:
    """Write every seed and return what each came to be called.

    sets   lists of seeds (key, resource); each refers to itself and to sets before it
    told   called with the number of resources written so far
    """
    names: Names = {}
    gathered: list[Any] = []
    written = 0
    for seeds in sets:
        name(office, seeds, names)
        gathered += seeds
        if len(gathered) >= SET or seeds[0].key.startswith("Organization/"):
            written += await _write(office, gathered, names)
            told(written)
            gathered = []
    written += await _write(office, gathered, names)
    told(written)
    return names


def name(office: Office, seeds: Sequence[Any], names: Names) -> None:
    """Mint an id for every seed: fresh owners for what owns itself, the owner's key for the rest."""
    waiting = list(seeds)
    while waiting:
        later = []
        for seed in waiting:
            owner = owners.owner_reference(seed.resource)
            if isinstance(owner, str) and owner not in names:
                later.append(seed)
                continue
            key = office.ids.open(names[owner].partition("/")[2]) if isinstance(owner, str) else new_owner_key()
            names[seed.key] = f"{seed.resource['resourceType']}/{office.ids.mint(key or new_owner_key())}"
        if len(later) == len(waiting):
            raise ValueError(f"seeds without an owner: {[seed.key for seed in later]}")
        waiting = later


async def _write(office: Office, seeds: Sequence[Any], names: Mapping[str, str]) -> int:
    if not seeds:
        return 0
    drafts = []
    for seed in seeds:
        meant = {text: names[text] for text in owners.mentioned(seed.resource) if text in names}
        body = bodies.rewrite_references(bodies.dumps(seed.resource), meant)
        drafts.append(journal.draft("POST", body, id_=names[seed.key].partition("/")[2]))
    home = office.ids.open(names.get(CONTROLLER, "").partition("/")[2]) or 0
    async with office.work(replace(LOADER, controller=home), Purpose.SYSTEM, screen="demo:load") as work:
        await journal.write_set(work, drafts)
    return len(drafts)
