"""Carries what was erased into the ledger beside the backups, page after page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

from akson.audit.ledger import Erased, last_page, write_mark, write_page
from akson.audit.seal import Signer
from akson.base.age import Recipient
from akson.base.backups.place import Place
from akson.base.database import Database
from akson.base.errors import Refused
from akson.base.queries import queries

SQL = queries(__file__, "shipping.sql")
_MOST: Final = 500  # erasures on a page


async def refuse_older(database: Database, place: Place) -> None:
    """Raise Refused AK-L019 when the ledger has pages this database does not know of.

    It was put back from a backup then, and what was erased since may be in it: nobody may read before that is gone.
    """
    there = last_page(place)  # first: another process may write a page meanwhile, and has noted it before
    known = await database.fetchval(SQL.pages)
    if there > known:
        raise Refused("AK-L019", there=there, known=known)


async def ship(
    database: Database, place: Place, signer: Signer, recipients: Sequence[Recipient], clock: Callable[[], datetime]
) -> int:
    """Write every erasure that the ledger does not have yet, and the mark; return how many pages were written.

    A page is noted, then written, then noted as written: a fall between leaves a page that is written the next time.
    Raises  Refused AK-L019
    """
    await refuse_older(database, place)
    pages, begun = 0, clock()
    while True:
        await database.execute(SQL.note, _MOST)
        unwritten = await database.fetch(SQL.unwritten)
        if not unwritten:
            break
        for (number,) in unwritten:
            await _write(database, place, number, signer, recipients)
            pages += 1
    write_mark(place, signer, begun)
    return pages


async def _write(
    database: Database, place: Place, number: int, signer: Signer, recipients: Sequence[Recipient]
) -> None:
    lines = [
        Erased(owner=row["owner"], entry=row["seq"], type=row["type"], id=row["id"], at=row["at"],
               decision=row["decision"])
        for row in await database.fetch(SQL.lines, number)
    ]  # fmt: skip
    with suppress(FileExistsError):  # written before a fall or by another process: the same lines
        write_page(place, number, lines, signer, recipients)
    await database.execute(SQL.written, number)
