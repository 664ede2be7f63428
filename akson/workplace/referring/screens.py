"""Henvisning, viderehenvisning og epikrise: written with what the record knows, seen as the receiver will, and sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from akson.access.roles import Permission
from akson.base.errors import Refused
from akson.base.web.forms import Choices, Filled
from akson.base.web.messages import texts
from akson.base.web.screens import Go, Page, Screens, Visit
from akson.base.work import Work
from akson.exchange import addresses
from akson.exchange.filing import message_type
from akson.exchange.undoing import is_taken_back
from akson.patient.chart import Chart, open_chart
from akson.patient.reading import display, reference
from akson.record.session import Within
from akson.record.stored import Stored
from akson.workplace import drafting, inbox, letters, messages, writing
from akson.workplace.model import Button
from akson.workplace.referring import asking
from akson.workplace.referring.asking import Sort
from akson.workplace.reports import content
from akson.workplace.writing import Draft

SCREENS = Screens(__name__)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One letter that is written. came: the referral that is sent on; before: what was taken back, to be mended.

    unable  who says that they do not take such letters, by name
    kept    what its receiver does not get, "Type/id"
    """

    sort: Sort
    patient: str
    chart: Chart
    takers: Choices
    unable: Sequence[str] = ()
    came: Stored | None = None
    before: Stored | None = None
    kept: frozenset[str] = frozenset()


@SCREENS.screen("/p/{patient}/samhandling/henvisning", needs=Permission.REFER, title="referring.henvisning",
                under="/p/{patient}/samhandling")  # fmt: skip
async def refer(work: Work, visit: Visit, patient: str) -> Page | Go:
    """Refer a patient to somebody outside."""
    return await _letter(work, visit, await _desk(work, visit, patient, asking.REFERRAL))


@SCREENS.screen("/p/{patient}/samhandling/epikrise", needs=Permission.REFER, title="referring.epikrise",
                under="/p/{patient}/samhandling")  # fmt: skip
async def discharge(work: Work, visit: Visit, patient: str) -> Page | Go:
    """Tell the patient's own doctor what was done here."""
    return await _letter(work, visit, await _desk(work, visit, patient, asking.EPIKRISE))


@SCREENS.screen("/p/{patient}/samhandling/{message}/videre", needs=Permission.REFER, title="referring.videre",
                under="/p/{patient}/samhandling")  # fmt: skip
async def forward(work: Work, visit: Visit, patient: str, message: str) -> Page | Go:
    """Send a referral that came to us on to somebody else, as it came, with our assessment."""
    came = await messages.find(work, patient, message)
    if not letters.can_go_on(came.resource):
        raise Refused("AK-J001")
    return await _letter(work, visit, replace(await _desk(work, visit, patient, asking.FORWARD), came=came))


async def _desk(work: Work, visit: Visit, patient: str, sort: Sort) -> Desk:
    chart = await open_chart(work, patient, asking.WANTED, page=sort.page)
    able, unable = await addresses.takers(Within(work), sort.code)
    takers = tuple((str(one.her_id), one.name) for one in able)
    wanted = visit.query.get("angret", "")
    before = await messages.find(work, patient, wanted) if wanted else None
    if before and (not is_taken_back(before.resource) or message_type(before.resource) != sort.code):
        raise Refused("AK-J001")
    return Desk(sort=sort, patient=patient, chart=chart, takers=takers, unable=[one.name for one in unable],
                before=before)  # fmt: skip


async def _letter(work: Work, visit: Visit, desk: Desk) -> Page | Go:
    """Show what is asked; what was written as its receiver will read it; send it."""
    sort = desk.sort
    chosen = set(visit.every("ta")) if "valgt" in visit.form else None
    if desk.before and chosen is None:
        chosen = {reference(each) for each in desk.before.resource.get("about", ())}
    filled = asking.form(sort, desk.takers).read(visit.form) if visit.sent else _begun(desk)
    desk, kept = await _passed_on(work, desk, filled["mottaker"].raw)
    groups = asking.groups(sort, desk.chart.parts, chosen)
    about = [each.id for group in groups for each in group.items if each.ticked]
    taken = await drafting.step(work, visit, filled, partial(_written, work, desk, about))
    if isinstance(taken, Go):
        return taken
    filled, draft = taken
    back = f"/p/{desk.patient}/samhandling"
    return Page("brev.html", status=drafting.status(filled), patient=desk.chart.banner, form=filled, draft=draft,
                groups=groups, back=back, kept=kept, untaken=messages.untaken(desk.unable),
                kinds=() if desk.came else content.tabs(work.actor, back, sort.key, _statement(work, desk)),
                action=f"{back}/{f'{desk.came.id}/videre' if desk.came else sort.key}",
                stopped=await _stopped(work, desk))  # fmt: skip


async def _passed_on(work: Work, desk: Desk, to: str) -> tuple[Desk, bool]:
    """Return the letter without what the citizen has closed to its receiver, and whether that was anything."""
    taker = to if to in dict(desk.takers) else ""
    came = [desk.came.reference, *_of_referral(desk.came)] if desk.came else []
    every = [*(hit.reference for name in asking.WANTED for hit in desk.chart[name]), *came]
    kept = await drafting.kept_back(work, desk.chart, every, taker)
    parts = {name: [hit for hit in hits if hit.reference not in kept] for name, hits in desk.chart.parts.items()}
    return replace(desk, chart=replace(desk.chart, parts=parts), kept=kept), bool(kept)


def _of_referral(came: Stored) -> list[str]:
    """Return what of a referral that came is told again."""
    named = map(reference, came.resource.get("about", ()))
    return [each for each in named if each.startswith(asking.GOES_ON)]


async def _written(work: Work, desk: Desk, about: Sequence[str], filled: Filled, *, send: bool) -> Draft | Go:
    """Return a letter as its receiver reads it, or send it. Raises as `sending.send`."""
    beside = [asking.order(filled, about)] if desk.sort.orders else []
    came: Mapping[str, Any] = desk.came.resource if desk.came and desk.came.reference not in desk.kept else {}
    named = [each for each in _of_referral(desk.came) if each not in desk.kept] if desk.came else []
    written = asking.communication(desk.sort, filled, desk.patient, [*about, *named], asking.files(came))
    if orders := [each for each in named if each.startswith("ServiceRequest/")]:
        written["basedOn"] = [{"reference": each} for each in orders]
    return await drafting.letter(work, desk.patient, written, int(str(filled.values["mottaker"])), beside, send=send)


def _begun(desk: Desk) -> Filled:
    """Return the form as first shown; an epikrise goes to the patient's own doctor, where that one is outside."""
    own = desk.chart["Patient"][0].resource.get("generalPractitioner", ()) if desk.sort is asking.EPIKRISE else ()
    to = next(filter(None, (writing.meant(desk.takers, display(each)) for each in own)), "")
    return asking.begun(desk.sort, desk.takers, to, dict(desk.before.resource) if desk.before else None)


def _statement(work: Work, desk: Desk) -> tuple[Button, ...]:
    return tuple(inbox.statement(work.actor, f"/p/{desk.patient}"))


async def _stopped(work: Work, desk: Desk) -> str:
    """Return why nobody can be written to from here, or ""."""
    if not desk.takers:
        return texts().plain("referring.nobody", kind=desk.sort.name.lower())
    return await messages.stopped(work, desk.takers, desk.unable)
