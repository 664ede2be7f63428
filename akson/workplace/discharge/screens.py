"""The discharge board at /utskrivning."""

from __future__ import annotations

from typing import Final

from akson.access.roles import Permission
from akson.base.web.screens import Menu, Page, Screens, Visit
from akson.base.work import Work
from akson.exchange import outcomes, stays
from akson.patient.reading import reference
from akson.record import journal, worklist
from akson.record.search.searching import search
from akson.record.stored import Stored
from akson.workplace.discharge import board

SCREENS = Screens(__name__)
MOST: Final = "200"


@SCREENS.screen("/utskrivning", needs=Permission.WRITE_MESSAGES, title="discharge.title", methods=("GET",),
                menu=Menu(text="discharge.title", icon="swap", order=4, keys="g u"))  # fmt: skip
async def discharges(work: Work, visit: Visit) -> Page:
    """Show those whom a hospital has told our unit of: how far each has come, what is missing, who has it."""
    kind = stays.TAKE_HOME["coding"][0]
    orders = await _found(
        work, "ServiceRequest", ("performer", work.actor.unit_id), ("code", f"{kind['system']}|{kind['code']}"),
        ("status", "active"), ("_sort", "-authored"),
    )  # fmt: skip
    named = [reference(one.resource.get(name)) for one in orders for name in ("encounter", "subject")]
    within = ("encounter", ",".join(dict.fromkeys(name for name in named if name.startswith("Encounter/"))))
    messages = await _every(work, "Communication", within) if orders else []
    ours = [(one.owner, one.id) for one in messages if reference(one.resource.get("sender"))]
    held = board.Gathered(
        orders=orders, beside=await journal.read_many(work, list(dict.fromkeys(named))), messages=messages,
        sent={one.communication: one for one in await outcomes.standings(work, ours)} if ours else {},
        tasks=await _every(work, "Task", within, ("status", ",".join(worklist.OPEN))) if orders else [],
    )  # fmt: skip
    return Page("utskrivning.html", groups=board.present(held, work.actor, work.now), more=len(orders) >= int(MOST))


async def _found(work: Work, type_: str, *pairs: tuple[str, str]) -> list[Stored]:
    return (await search(work, type_, [*pairs, ("_count", MOST)])).hits


async def _every(work: Work, type_: str, *pairs: tuple[str, str]) -> list[Stored]:
    """Return all that belongs to the stays on the board: without some of it they would stand where they were before."""
    page = await search(work, type_, [*pairs, ("_count", MOST)])
    found = page.hits
    while page.next is not None:
        page = await search(work, type_, [*pairs, ("_count", MOST), ("_after", page.next)])
        found += page.hits
    return found
