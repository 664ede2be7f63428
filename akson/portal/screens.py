"""The citizens' pages: Min side, Min journal, Innsyn, and what they decide there of who gets in, and is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from akson.access.roles import Permission
from akson.base.errors import Refused
from akson.base.web.render import local
from akson.base.web.screens import Go, Menu, Page, Screens, Visit
from akson.base.work import Work
from akson.patient import answering, stopping
from akson.portal import (
    alerts,
    apps,
    blocks,
    closing,
    emergencies,
    home,
    insight,
    model,
    own_words,
    proxies,
    record,
    seeing,
    youth,
)
from akson.portal.opening import Opened, deciding, opened
from akson.record.session import undo
from akson.record.working import Worker, working

SCREENS = Screens(__name__)
OWN = Permission.OWN_RECORD
_CLOSING: Final = f"{emergencies.READ_ON}/sperr"


@SCREENS.screen("/min", needs=OWN, title="my.title", methods=("GET",), menu=Menu(text="my.menu", icon="home", order=1))
async def min_side(work: Work, visit: Visit) -> Page:
    """Show what happens next, what to do, what is new, who looked."""
    shown = await opened(work, visit, home.WANTED, page="min")
    return shown.page("min_side.html", home=await home.home(work, shown))


@SCREENS.screen(
    "/min/journal", needs=OWN, title="my_record.title", methods=("GET",),
    menu=Menu(text="my_record.menu", icon="doc", order=2),
)  # fmt: skip
async def min_journal(work: Work, visit: Visit) -> Page:
    """Show the record in plain words."""
    wanted, marked = {**record.WANTED, **answering.SEEN}, {**record.MARKED, **answering.SEEN_MARK}
    shown = await opened(work, visit, wanted, marked=marked, page="journal")
    drawn = await record.record(work, shown)
    return shown.page("min_journal.html", record=drawn, answers=await record.answers(work, shown))


@SCREENS.screen(
    "/min/innsyn", needs=OWN, title="insight.title", methods=("GET",),
    menu=Menu(text="insight.menu", icon="eye", order=3),
)  # fmt: skip
async def min_innsyn(work: Work, visit: Visit) -> Page:
    """Show who looked, what is closed, and who may act."""
    before = _before(visit)
    page = emergencies.READ_ON if before is None else f"{emergencies.READ_ON}/eldre"
    shown = await opened(work, visit, insight.SHOWN, page=page)
    return shown.page("min_innsyn.html", insight=await insight.insight(work, shown, before))


@SCREENS.screen("/min/innsyn/sperr", needs=OWN, title="insight.block")
async def block(work: Work, visit: Visit) -> Page | Go:
    """Let the citizen choose whom to close the record to, read what it means, and confirm."""
    shown = await deciding(work, visit, insight.WANTED, page=_CLOSING)
    wanted = visit.asked.get("hvem", "")
    if shown.secret:
        raise Refused("AK-J001")  # whoever can be chosen would tell where the person is
    if not wanted:
        return shown.page("min_sperr.html", blocking=await _choosing(work, shown))
    worker = await _worker(work, wanted)
    if visit.sent:
        if not blocks.is_closed_to(shown["Consent"], worker):
            await blocks.close_to(work, shown.identity.id, worker)
        return Go(shown.href("/min/innsyn"), said="insight.closed")
    return shown.page("min_sperr.html", blocking=_about(shown, worker))


@SCREENS.screen("/min/innsyn/sperr/mer", needs=OWN, title="closing.title")
async def close(work: Work, visit: Visit) -> Page | Go:
    """Let the citizen close any part of the record to anybody at work: what and for whom, then which and how long."""
    shown = await deciding(work, visit, closing.WANTED, page=_CLOSING)
    sent = visit.asked
    chosen = closing.begin(shown).read(sent)
    if not chosen.valid:
        begin = chosen if visit.sent or sent.keys() & {"sperr", "for", "videre"} else closing.begin(shown).blank()
        page = closing.first(shown, shown.carried())
        return shown.page("min_sperr_mer.html", form=begin, closing=page, status=422 if visit.sent else 200)
    what, whom = str(chosen.values["sperr"]), str(chosen.values["for"])
    known = await closing.known(work, shown)
    filled = closing.read(sent, what, whom, known, local(work.now).date()) if visit.sent else (
        closing.form(what, whom, known).blank())  # fmt: skip
    if filled.valid:
        await closing.close(work, shown, what, whom, filled, known)
        return Go(shown.href("/min/innsyn"), said="insight.closed")
    page = closing.second(shown, what, whom, shown.carried(**{"sperr": what, "for": whom}))
    return shown.page("min_sperr_mer.html", form=filled, closing=page, status=422 if visit.sent else 200)


@SCREENS.screen("/min/innsyn/sperring", needs=OWN, title="insight.end")
async def unblock(work: Work, visit: Visit) -> Page | Go:
    """Let the citizen read what ending a block means, and confirm."""
    shown = await deciding(work, visit, insight.WANTED, page=_CLOSING)
    standing = blocks.find(shown.parts["Consent"], visit.asked.get("sperre", ""))
    (entry,) = await insight.closed(work, shown, [standing.resource])
    page = model.Blocking(who=entry.title, text=entry.text, action=shown.href("/min/innsyn/sperring"),
                          back=shown.href("/min/innsyn"), hidden=shown.carried(sperre=standing.id))  # fmt: skip
    if visit.sent:
        try:
            await blocks.end(work, standing)
            return Go(shown.href("/min/innsyn"), said="insight.opened_again")
        except Refused as refused:
            await undo(work)
            return shown.page("min_opphev.html", blocking=replace(page, fault=refused.text), status=refused.status)
    return shown.page("min_opphev.html", blocking=page)


@SCREENS.screen(insight.SEE_AS, needs=OWN, title="seeing.title", methods=("GET",))
async def see_as(work: Work, visit: Visit) -> Page:
    """Let the citizen choose somebody they let in, and see the record as that one does."""
    shown = await deciding(work, visit, seeing.WANTED, marked=record.MARKED, page=seeing.PAGE)
    if not (chosen := visit.query.get("som", "")):
        return shown.page("min_se_som.html", seeing=await seeing.choosing(work, shown, shown.carried()))
    page = await seeing.seen(work, visit, shown, chosen)
    return shown.page("min_se_som.html", seeing=page, record=page.record)


@SCREENS.screen(proxies.GIVE, needs=OWN, title="proxies.give")
async def give_proxy(work: Work, visit: Visit) -> Page | Go:
    """Let the citizen say who may read on their behalf: what, and for how long."""
    shown = await opened(work, visit, proxies.WANTED, page=f"{emergencies.READ_ON}/fullmakt")
    if not proxies.may_give(work, shown):
        raise Refused("AK-A001")
    form = proxies.read(work, shown, visit.form) if visit.sent else proxies.FORM.blank()
    if form.valid:
        await proxies.give(work, shown, form)
        return Go(shown.href("/min/innsyn"), said="proxies.given")
    return shown.page("min_fullmakt.html", status=422 if visit.sent else 200, form=form, action=proxies.GIVE,
                      back=shown.href("/min/innsyn"), hidden=shown.carried())  # fmt: skip


@SCREENS.screen(proxies.END, needs=OWN, title="proxies.end")
async def end_proxy(work: Work, visit: Visit) -> Page | Go:
    """Let the citizen read what taking a proxy back means, and confirm."""
    shown = await opened(work, visit, proxies.WANTED, page=f"{emergencies.READ_ON}/fullmakt")
    name = visit.asked.get("hvem", "")
    page = await proxies.ending(work, shown, name, shown.carried(hvem=name))
    if visit.sent:
        await proxies.end(work, shown, name)
        return Go(shown.href("/min/innsyn"), said="proxies.ended")
    return shown.page("min_fullmakt_slutt.html", blocking=page)


@SCREENS.screen(youth.PATH, needs=OWN, title="youth.title")
async def let_youth_in(work: Work, visit: Visit) -> Page | Go:
    """Let a parent consent to a child's own sign-in, or take it back."""
    shown = await opened(work, visit, youth.WANTED, page=f"{emergencies.READ_ON}/ungdom")
    page = youth.page(work, shown, shown.carried())
    if visit.sent and not page.by_other:
        return Go(shown.href("/min/innsyn"), said=await youth.change(work, shown))
    return shown.page("min_ungdom.html", signing=page)


@SCREENS.screen(own_words.PAGE, needs=OWN, title="own.title")
async def about_me(work: Work, visit: Visit) -> Page | Go:
    """Show what the citizen has told; when sent, take one part back."""
    shown = await opened(work, visit, own_words.WANTED, marked=own_words.MARKED, page="om-meg")
    if visit.sent:
        part = own_words.part_of(visit.form)
        await own_words.tell(work, shown, part, {}, visit.form.get("versjon", ""))
        return Go(shown.href(own_words.PAGE), said="own.said_withdrawn")
    return shown.page("min_om_meg.html", own=await own_words.page(work, shown, shown.carried()))


@SCREENS.screen(own_words.EDIT, needs=OWN, title="own.title")
async def tell_about_me(work: Work, visit: Visit) -> Page | Go:
    """Let the citizen write one part anew."""
    shown = await opened(work, visit, own_words.WANTED, marked=own_words.MARKED, page="om-meg")
    if not own_words.may_tell(work, shown):
        raise Refused("AK-A001")
    part = own_words.part_of(visit.asked)
    form = own_words.blank(shown, part)
    if visit.sent:
        filled = own_words.FORMS[part].read(visit.form)
        again = await own_words.told(work, shown, part, filled, visit.form.get("versjon", ""))
        if again is None:
            return Go(shown.href(own_words.PAGE), said="own.said_written")
        form = again
    page = await own_words.editing(work, shown, part, shown.carried())
    return shown.page("min_om_meg_endre.html", status=422 if visit.sent else 200, form=form, editing=page)


@SCREENS.screen("/min/innsyn/stopp", needs=OWN, title="stop.title")
async def stop(work: Work, visit: Visit) -> Page:
    """Let the citizen read what taking the own access away means, and do it with one press."""
    shown = await opened(work, visit, {}, page=f"{emergencies.READ_ON}/stopp")
    if not shown.own:
        raise Refused("AK-A001")
    if visit.sent:
        await stopping.stop(work)
        return Page("min_stoppet.html")
    return shown.page("min_stopp.html")


@SCREENS.screen(alerts.PATH, needs=OWN, title="alerts.title")
async def choose_alerts(work: Work, visit: Visit) -> Page | Go:
    """Let the citizen choose when and how they are told that somebody looked."""
    shown = await opened(work, visit, {}, page=f"{emergencies.READ_ON}/varsel")
    form = alerts.read(work, shown, dict(visit.form)) if visit.sent else await alerts.drawn(work, shown)
    if form.valid:
        await alerts.choose(work, shown, form)
        return Go("/min/innsyn", said="alerts.saved")
    return shown.page("min_varsel.html", status=422 if form.sent else 200, form=form, action=alerts.PATH,
                      fared=await alerts.fared(work, shown))  # fmt: skip


@SCREENS.screen("/min/innsyn/app", needs=OWN, title="my_apps.end")
async def withdraw_app(work: Work, visit: Visit) -> Page | Go:
    """Let the citizen read what an app may do, and take it back."""
    shown = await opened(work, visit, apps.WANTED, page=f"{emergencies.READ_ON}/apper")
    one = await apps.find(work, shown, visit.asked.get("tilgang", ""))
    if visit.sent:
        await apps.end(work, shown, one)
        return Go(shown.href("/min/innsyn"), said="my_apps.said")
    hidden = shown.carried(tilgang=one.grant.id)
    return shown.page("min_app.html", withdrawing=apps.withdrawing(work, shown, one, hidden))


async def _choosing(work: Work, shown: Opened) -> model.Blocking:
    """Return the list of those who work where the person gets care."""
    units = {relation.unit for relation in shown.facts.relations if relation.unit and relation.holds(work.now)}
    workers = await working(work, sorted(units))
    return model.Blocking(who="", action="/min/innsyn/sperr", back=shown.href("/min/innsyn"), hidden=shown.carried(),
                          choices=tuple((one.id, insight.of_worker(one)) for one in workers))  # fmt: skip


def _about(shown: Opened, worker: Worker) -> model.Blocking:
    return model.Blocking(who=insight.of_worker(worker), name=worker.name, action=shown.href("/min/innsyn/sperr"),
                          back=shown.href("/min/innsyn"), hidden=shown.carried(hvem=worker.id))  # fmt: skip


async def _worker(work: Work, id_: str) -> Worker:
    """Return the member of staff behind an id. Raises Refused AK-J001 when nobody works here under it."""
    found = await working(work, [], [work.office.ids.open(id_) or 0])
    if not found or found[0].id != id_:
        raise Refused("AK-J001")
    return found[0]


def _before(visit: Visit) -> datetime | None:
    """Return where an older page of the log begins; what is no time is taken as none."""
    try:
        at = datetime.fromisoformat(visit.query.get("eldre", ""))
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):  # the latter: no time in the world
        return None
