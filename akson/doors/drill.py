"""A drill: back up a running installation, write and erase, put it back beside it, and prove what came back.

It leaves two entries about nobody in the record, both erased again, and takes all else away.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import asyncpg

from akson.access.roles import OWN_JOB
from akson.audit.ledger import Erased, write_mark, write_page
from akson.base.age import Identity
from akson.base.backups.place import Place
from akson.base.backups.taking import Receiver
from akson.base.queries import queries
from akson.base.work import Actor, Kind, Purpose
from akson.doors.backing import Backing, programs
from akson.doors.opening import clock, opened
from akson.doors.restoring import Restored, installation, put_back
from akson.doors.settings import Settings
from akson.fhir import types
from akson.record import journal
from akson.record.office import Office
from akson.record.replaying import carry_out
from akson.record.stored import Stored

SQL = queries(__file__, "drill.sql")
_SLOT: Final = "akson_drill"
_COMMITTING: Final = timedelta(seconds=10)  # a change may bear a time so much older than when it was seen
_BASIC: Final = types.code_of("Basic")
_DECISION: Final = {"ground": "øvelse", "law": "", "reason": "Øvelse i gjenoppretting; sier ingenting om noen",
                    "by": "Device/drill", "name": "Akson", "role": "system", "unit": ""}  # fmt: skip
_JOB: Final = Actor(
    kind=Kind.SYSTEM, id="Device/drill", key=0, name="Akson", role="system", scopes=frozenset({OWN_JOB})
)


@dataclass
class Proof:
    """What a drill found. failed: sentences that should have been true; took: (what, seconds), in order."""

    failed: list[str] = field(default_factory=list)
    proved: list[str] = field(default_factory=list)
    took: list[tuple[str, float]] = field(default_factory=list)

    def hold(self, what: str, *, true: bool) -> None:
        (self.proved if true else self.failed).append(what)


async def drill(settings: Settings, folder: Path) -> Proof:
    """Carry out a drill on the running installation of `settings`. folder: empty, with room for the database twice."""
    proof, held = Proof(), Identity.new()
    place = folder / "place"
    place.mkdir(mode=0o700)
    ours = Backing(
        url=settings.database_url, place=Place(place), recipients=(held.recipient,), binaries=programs(settings),
        signer=installation(settings).signer, spool=folder / "spool",
    )  # fmt: skip
    async with opened(settings, size=2) as office:
        old, new, moment = await _backed_up(office, ours, proof)
        here = await office.database.fetchrow(SQL.links, moment - _COMMITTING)

    async def before(url: str) -> None:
        found, old_is, new_is = await _looked(url, moment, old, new)
        proof.hold(f"{found['links']} ledd i kjedene er de samme som i basen som går", true=found == here)
        proof.hold(
            "det som ble slettet etterpå, var i sikkerhetskopien", true=(old_is["versions"], old_is["whole"]) == (1, 1)
        )
        proof.hold("det som ble skrevet etter tidspunktet, var ikke med", true=new_is["versions"] == 0)

    async def after(url: str) -> None:
        _, old_is, _ = await _looked(url, moment, old, new)
        proof.hold(
            "det slettede er borte igjen, før noen kunne lese", true=(old_is["versions"], old_is["whole"]) == (1, 0)
        )

    back = await put_back(settings, ours.place, [held], moment, folder / "back", ours.binaries, before, after)
    _told(back, proof)
    return proof


async def _backed_up(office: Office, ours: Backing, proof: Proof) -> tuple[Stored, Stored, datetime]:
    """Copy, write more and erase; return what was there before and is erased, what came later, the moment between."""
    receiver = Receiver(ours.url, ours.binaries, ours.place, ours.recipients, ours.spool, _SLOT)
    old, begun = await _written(office, "før"), time.monotonic()
    connection = await asyncpg.connect(ours.url)
    try:
        async with receiver.running():
            base = await ours.copy()
            proof.took.append(
                (f"hel kopi av basen, {base.file.stat().st_size >> 20} MB forseglet", time.monotonic() - begun)
            )
            begun, moment = time.monotonic(), await connection.fetchval(SQL.now)
            new = await _written(office, "etter")
            await _erased(office, old)
            write_page(ours.place, 1, [_line(old)], ours.signer, ours.recipients)
            write_mark(ours.place, ours.signer, clock())
            await receiver.all_carried(connection)
            proof.took.append(("skrevet mer, slettet, og endringene forseglet", time.monotonic() - begun))
        receiver.forget()
        await _erased(office, new)
    finally:
        await connection.close()
    return old, new, moment


async def _written(office: Office, when: str) -> Stored:
    async with office.work(_JOB, Purpose.SYSTEM, screen="øvelse") as work:
        return await journal.create(work, {
            "resourceType": "Basic", "code": {"text": f"Øvelse i gjenoppretting, skrevet {when} tidspunktet"},
        })  # fmt: skip


async def _erased(office: Office, one: Stored) -> None:
    await carry_out(office.database, office.eraser, one.owner, [(_BASIC, one.id)], _DECISION, clock())


def _line(one: Stored) -> Erased:
    told = '{"ground":"øvelse","reason":"Øvelse i gjenoppretting"}'
    return Erased(owner=one.owner, entry=2, type=_BASIC, id=one.id, at=clock(), decision=told)


async def _looked(
    url: str, moment: datetime, old: Stored, new: Stored
) -> tuple[asyncpg.Record, asyncpg.Record, asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return (
            await connection.fetchrow(SQL.links, moment - _COMMITTING),
            await connection.fetchrow(SQL.content, old.owner, old.id),
            await connection.fetchrow(SQL.content, new.owner, new.id),
        )
    finally:
        await connection.close()


def _told(back: Restored, proof: Proof) -> None:
    names = "hentet tilbake på en egen PostgreSQL", "slettet om igjen", "bevist (akson audit verify)"
    proof.took.extend(zip(names, back.seconds, strict=True))
    faults = [str(fault) for fault in back.report.faults]
    rows = sum(back.report.rows.values())
    proof.hold(f"{rows} rader kontrollert, {len(faults)} feil", true=back.report.proven)
