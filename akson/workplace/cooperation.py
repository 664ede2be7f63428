"""Samhandling: every message in and out of one patient's record, where each of them is, and writing a new one."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Final
from urllib.parse import quote

from starlette.responses import Response

from akson.access.roles import ROLES, Permission
from akson.base.errors import Refused
from akson.base.web import sent
from akson.base.web.forms import Filled
from akson.base.web.messages import texts
from akson.base.web.screens import Go, Menu, Page, Screens, Visit
from akson.base.work import Work
from akson.exchange import addresses, undoing
from akson.exchange.undoing import is_taken_back
from akson.fhir.files import unlike
from akson.patient.chart import local, open_chart
from akson.patient.reading import display, reference
from akson.record import journal, scanning
from akson.record.session import Within, undo
from akson.record.stored import Stored
from akson.workplace import course, drafting, handling, inbox, invited, messages, reporting, writing
from akson.workplace.course import Mail
from akson.workplace.model import Button, Message, Tab
from akson.workplace.reports import content
from akson.workplace.threads import Cooperation, Thread
from akson.workplace.writing import Draft

SCREENS = Screens(__name__)
TABS: Final = ("", "folg", "inn", "ut")
_SHOWABLE: Final = frozenset({"application/pdf", "image/png", "image/jpeg", "text/plain"})


@SCREENS.screen("/p/{patient}/samhandling", needs=Permission.WRITE_MESSAGES, title="cooperation.title",
                menu=Menu(text="cooperation.menu", icon="swap", order=60, keys="g s"))  # fmt: skip
async def cooperation(work: Work, visit: Visit, patient: str) -> Page | Go:
    """Show a patient's messages and where they are; answer the one that is open."""
    chart = await open_chart(work, patient, messages.WANTED, page="samhandling")
    wanted = visit.query.get("melding", "")
    mail = await messages.mail_of(work, chart, await _older(work, patient, chart["Communication"], wanted))
    chosen = mail.find(wanted)
    typed, fault = visit.form or _regretted(mail, chosen, visit), None
    if visit.sent and chosen:
        try:
            return await _handle(work, visit, mail, chosen)
        except Refused as refused:
            await undo(work)
            fault = refused
    opened = await messages.shown(work, mail, chosen, root=f"/p/{patient}") if chosen else None
    opened = invited.as_sent(opened, typed, fault) if opened else None
    view = present(mail, f"/p/{patient}", visit.query.get("vis", ""), wanted, opened)
    age = chart.identity.age(local(work.now).date())
    if age is None or age < reporting.GROWN:
        view = replace(view, new=(*view.new, *_about_children(work, f"/p/{patient}")))
    return Page("samhandling.html", status=422 if fault else 200, patient=chart.banner, view=view)


async def _handle(work: Work, visit: Visit, mail: Mail, message: Stored) -> Go:
    """Do with a message what was asked, and go to where one sees what came of it."""
    do, page = visit.form.get("do", ""), visit.path
    if do == "undo":
        await handling.take_back(work, message)
        answered = next(iter(course.answered_by(message.resource)), "").removeprefix("Communication/")
        shown = f"{answered}&angret={message.id}" if answered else message.id
    elif do == "now":
        await undoing.let_go(work, message)
        shown = message.id
    else:
        made = await _close(work, visit, mail, message)
        shown = (made or message).id
        do = "rests" if made else do
    return Go(f"{page}?melding={shown}", said=f"cooperation.said_{do}")


def _regretted(mail: Mail, chosen: Stored | None, visit: Visit) -> Mapping[str, str]:
    """Return the answer to the open message that was just taken back: it is there to be mended."""
    regretted = mail.find(visit.query.get("angret", ""))
    if not chosen or not regretted or not is_taken_back(regretted.resource):
        return {}
    return invited.regretted(regretted.resource) if chosen.reference in course.answered_by(regretted.resource) else {}


async def _close(work: Work, visit: Visit, mail: Mail, message: Stored) -> Stored | None:
    """Answer a message, or say that nothing more is to be done; either way its task is finished.

    Returns the answer where it rests, and can be taken back
    """
    task, do = messages.own_task(mail, message), visit.form.get("do")
    version = task.version if task else 0
    if visit.form.get("version") != str(version):  # before anything is queued: a refused answer must not go out
        raise Refused("AK-J003", expected=visit.form.get("version"), current=version)
    if do not in ("answer", "done") or (do == "done" and not task):
        raise Refused("AK-J007")
    made = await handling.reply(work, message, visit.form) if do == "answer" else None
    if task:
        await handling.finish(work, task, version, by=made)
    return made


@SCREENS.screen("/p/{patient}/samhandling/tilstand", needs=Permission.WRITE_MESSAGES, title="cooperation.title",
                methods=("GET",))  # fmt: skip
async def standing(work: Work, visit: Visit, patient: str) -> Page:
    """Show only where one message is, for a page that refreshes itself: few statements, and nothing else is read."""
    message = await messages.find(work, patient, visit.query.get("melding", ""))
    mail = await messages.followed(work, message.owner, [message], [])
    root = f"/p/{patient}"
    shown = await messages.shown(work, mail, message, root=root)
    return Page("tilstand.html", message=shown, thread=_thread(mail, message, root, ""))


@SCREENS.screen("/p/{patient}/samhandling/ny", needs=Permission.WRITE_MESSAGES, title="cooperation.new")
async def new_message(work: Work, visit: Visit, patient: str) -> Page | Go:
    """Write a message to somebody outside: first shown as they will read it, then sent."""
    chart = await open_chart(work, patient, {"Communication": 20, "DocumentReference": 20}, page="samhandling")
    able, unable = await addresses.takers(Within(work), writing.TYPE)
    partners, others = tuple((str(one.her_id), one.name) for one in able), [one.name for one in unable]
    asked = writing.form(partners)
    to = visit.query.get("til", "") or writing.usual(partners, chart["Communication"], chart["DocumentReference"])
    before = _found(chart["Communication"], visit.query.get("angret", ""))
    begun = writing.anew(asked, before.resource) if before else writing.blank(asked, partners, to)
    filled = asked.read(visit.form) if visit.sent else begun
    taken = await drafting.step(work, visit, filled, partial(_written, work, patient))
    if isinstance(taken, Go):
        return taken
    filled, draft = taken
    root = f"/p/{patient}/samhandling"
    return Page("samhandling_ny.html", status=drafting.status(filled), patient=chart.banner, form=filled,
                draft=draft, action=f"{root}/ny", back=root,
                kinds=content.tabs(work.actor, root, "", inbox.statement(work.actor, f"/p/{patient}")),
                untaken=messages.untaken(others), stopped=await messages.stopped(work, partners, others))  # fmt: skip


@SCREENS.screen("/p/{patient}/samhandling/{message}/vedlegg/{number}", needs=Permission.WRITE_MESSAGES,
                title="cooperation.file", methods=("GET",))  # fmt: skip
async def attachment(work: Work, visit: Visit, patient: str, message: str, number: str) -> Response:
    """Hand over a file that came with a message, to be saved: it is never shown as a page of ours."""
    parts = course.parts((await messages.find(work, patient, message)).resource)
    part = parts[sent.place(number, len(parts))]
    carried = part.get("contentAttachment")
    if carried is None:
        document = await journal.read(work, *reference(part["contentReference"]).split("/", 1))
        described = document.resource["content"][0]["attachment"]
        binary = await journal.read(work, *described["url"].split("/", 1))
        carried = described | {"data": binary.resource.get("data", "")}
    mime, data = carried.get("contentType", ""), base64.b64decode(carried.get("data", ""))
    await scanning.refuse(work, data)
    name = quote(carried.get("title") or f"vedlegg-{number}", safe="")
    return Response(
        data, media_type=mime if mime in _SHOWABLE and not unlike(mime, data) else "application/octet-stream",
        headers={"content-disposition": f"attachment; filename*=UTF-8''{name}"},
    )  # fmt: skip


def _about_children(work: Work, root: str) -> tuple[Button, ...]:
    """Return the ways to those who also see to a child."""
    school = Button(text=texts().plain("outside.title"), href=f"{root}/samhandling/skole")
    barnevern = Button(text=texts().plain("concern.title"), href=f"{root}/bekymring")
    role = ROLES.get(work.actor.role)
    return (school, barnevern) if role and role.health else (school,)


def present(mail: Mail, root: str, tab: str, current: str, opened: Message | None) -> Cooperation:
    """Return the page.

    root     "/p/<id>"
    tab      which of TABS is shown
    current  id of the message that is open
    """
    tab = tab if tab in TABS else ""
    ordered = sorted(mail.messages, key=lambda each: course.changed_at(mail, each), reverse=True)
    threads = [_thread(mail, each, root, current, tab) for each in ordered]
    return Cooperation(
        tabs=tuple(_tab(name, tab, root, len(_filtered(threads, name))) for name in TABS),
        threads=tuple(_filtered(threads, tab)), open=opened,
        new=(Button(text=texts().plain("cooperation.new"), href=f"{root}/samhandling/ny", main=True, icon="plus"),
             *inbox.statement(mail.actor, root),
             Button(text=texts().plain("nameless.title"), href=f"{root}/samhandling/uten-navn")),
        more=messages.MOST if len(mail.messages) >= messages.MOST else 0,
    )  # fmt: skip


def _thread(mail: Mail, message: Stored, root: str, current: str, tab: str = "") -> Thread:
    resource, ours = message.resource, course.is_ours(mail, message)
    parties = resource.get("recipient", ()) if ours else (resource.get("sender"),)
    state, level = course.state(mail, message)
    return Thread(
        text=messages.title(resource), kind=messages.kind(resource), outgoing=ours, current=message.id == current,
        party=", ".join(filter(None, map(display, parties))), owner=course.owner(mail, message), state=state,
        level=level, at=course.changed_at(mail, message), key=message.id,
        href=f"{root}/samhandling?{f'vis={tab}&' if tab else ''}melding={message.id}#valgt",
    )  # fmt: skip


def _filtered(threads: list[Thread], tab: str) -> list[Thread]:
    kept = {"folg": lambda one: bool(one.level), "inn": lambda one: not one.outgoing, "ut": lambda one: one.outgoing}
    return list(filter(kept[tab], threads)) if tab else threads


def _tab(name: str, current: str, root: str, count: int) -> Tab:
    href, key = f"{root}/samhandling{f'?vis={name}' if name else ''}", name or "all"
    return Tab(text=texts().plain(f"cooperation.tab_{key}"), href=href, count=count, current=name == current)


async def _older(work: Work, patient: str, newest: list[Stored], wanted: str) -> Stored | None:
    """Return the message asked for when it is not among the newest."""
    if not wanted or any(each.id == wanted for each in newest):
        return None
    return await messages.find(work, patient, wanted)


def _found(messages_: list[Stored], wanted: str) -> Stored | None:
    """Return the message that was taken back, to be written anew."""
    dialogs = (one for one in messages_ if is_taken_back(one.resource) and writing.is_dialog(one.resource))
    return next((one for one in dialogs if one.id == wanted), None)


async def _written(work: Work, patient: str, filled: Filled, *, send: bool) -> Draft | Go:
    written, to = writing.communication(filled, patient), int(str(filled.values["mottaker"]))
    return await drafting.letter(work, patient, written, to, send=send)
