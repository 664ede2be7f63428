"""What citizens may ask for by right: why somebody looked, a copy, a correction, an appeal, a representative."""

from __future__ import annotations

from functools import partial

from starlette.responses import Response

from akson.access.roles import Permission
from akson.base.web.screens import Go, Page, Screens, Visit
from akson.base.work import Work
from akson.portal import appeals, cases, copying, demands, emergencies, insight, record, refusals
from akson.portal.opening import Opened, carried_out, deciding, opened

SCREENS = Screens(__name__)
OWN = Permission.OWN_RECORD


@SCREENS.screen("/min/innsyn/forklaring", needs=OWN, title="cases.ask")
async def ask_why(work: Work, visit: Visit) -> Page | Go:
    """Let the citizen ask why somebody looked, or say that they should not have."""
    shown = await deciding(work, visit, insight.WANTED, page=f"{emergencies.READ_ON}/forklaring")
    sent = visit.asked
    looked = await cases.looked(work, shown, sent.get("hvem", ""), sent.get("dag", ""))
    form = cases.FORM.read(visit.form) if visit.sent else cases.FORM.blank()
    if form.valid:
        await cases.ask(work, shown, looked, form)
        return Go(shown.href("/min/innsyn"), said="cases.sent")
    hidden = shown.carried(hvem=sent.get("hvem", ""), dag=sent.get("dag", ""))
    return shown.page("min_forklaring.html", status=422 if form.sent else 200, form=form,
                      asking=cases.asking(shown, looked, work.now, hidden))  # fmt: skip


@SCREENS.screen(record.COPY, needs=OWN, title="copy.title")
async def take_along(work: Work, visit: Visit) -> Page | Response:
    """Let the citizen take the whole record along: to read, or as data."""
    shown = await deciding(work, visit, copying.WANTED, page="journal/kopi")
    made = {"pdf": copying.to_read, "data": copying.as_data}.get(visit.form.get("form", ""))
    if made is None:
        return shown.page("min_kopi.html", action=record.COPY, hidden=shown.carried())
    return await made(work, shown)


@SCREENS.screen(demands.PAGE, needs=OWN, title="demands.ask")
async def demand(work: Work, visit: Visit) -> Page | Go:
    """Let the citizen choose an entry and demand that it be corrected or erased."""
    shown = await deciding(work, visit, demands.WANTED, page="journal/retting")
    sent = visit.asked
    if not sent.get("hva"):
        return shown.page("min_retting_velg.html", offers=tuple(demands.offered(shown)))
    found = await demands.find(work, shown, sent["hva"])
    form = await carried_out(work, visit, demands.FORM, partial(demands.demand, work, shown, found))
    if form is None:
        return Go(shown.href("/min/innsyn"), said="demands.sent")
    page = demands.demanding(shown, found, work.now, shown.carried(hva=found.reference))
    return shown.page("min_retting.html", status=422 if form.sent else 200, form=form, demanding=page)


@SCREENS.screen(appeals.PAGE, needs=OWN, title="appeals.title")
async def appeal(work: Work, visit: Visit) -> Page | Go:
    """Let the citizen appeal a refusal: of a correction, an erasure, a representative, or of insight."""
    shown = await opened(work, visit, appeals.WANTED, page="innsyn/klage")
    if visit.asked.get("holdt"):
        return await _appeal_withheld(work, visit, shown)
    case = await appeals.find(work, shown, visit.asked.get("sak", ""))
    form = await carried_out(work, visit, appeals.FORM, partial(appeals.appeal, work, shown, case))
    if form is None:
        return Go(shown.href("/min/innsyn"), said="appeals.sent")
    page = await appeals.appealing(work, shown, case, shown.carried(sak=case.stored.id))
    return shown.page("min_klage.html", status=422 if form.sent else 200, form=form, appealing=page)


async def _appeal_withheld(work: Work, visit: Visit, shown: Opened) -> Page | Go:
    found = await refusals.find(work, shown, visit.asked["holdt"])
    appeals.refuse_twice(shown, found)
    form = await carried_out(work, visit, appeals.FORM, partial(appeals.appeal_withheld, work, shown, found))
    if form is None:
        return Go(shown.href("/min/innsyn"), said="appeals.sent")
    page = appeals.appealing_withheld(work, shown, found, shown.carried(holdt=found.name))
    return shown.page("min_klage.html", status=422 if form.sent else 200, form=form, appealing=page)


@SCREENS.screen(refusals.PAGE, needs=OWN, title="refusals.title")
async def representative(work: Work, visit: Visit) -> Page | Go:
    """Let the citizen name somebody who is to see what is withheld from them."""
    shown = await opened(work, visit, refusals.WANTED, page="innsyn/representant")
    found = await refusals.find(work, shown, visit.asked.get("holdt", ""))
    form = await carried_out(work, visit, refusals.FORM, partial(refusals.ask, work, shown, found))
    if form is None:
        return Go(shown.href("/min/innsyn"), said="demands.sent")
    page = refusals.asking(shown, work, found, shown.carried(holdt=found.name))
    return shown.page("min_representant.html", status=422 if form.sent else 200, form=form, demanding=page)
