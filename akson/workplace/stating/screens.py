"""The statement to NAV at /p/{patient}/legeerklaering: asked as NAV's form asks, shown as NAV reads it, then sent."""

from __future__ import annotations

from functools import partial
from typing import Any

from akson.access.roles import ROLES, Permission
from akson.base.errors import Refused
from akson.base.web.forms import Choices, Filled
from akson.base.web.messages import texts
from akson.base.web.screens import Go, Page, Screens, Visit
from akson.base.work import Work
from akson.exchange import addresses, inbox, sending
from akson.exchange.messages import legeerklaering
from akson.exchange.states import REST
from akson.patient.chart import Chart, open_chart
from akson.patient.reading import stands
from akson.record.session import Within
from akson.record.stored import Stored
from akson.workplace import drafting, handling, messages, writing
from akson.workplace.stating import asking
from akson.workplace.writing import Draft

SCREENS = Screens(__name__)
_DOCTOR = "LE"  # Volven 9060
_WANTED = {**messages.WANTED, "Condition": 100}


@SCREENS.screen("/p/{patient}/legeerklaering", needs=Permission.WRITE_MESSAGES, title="stating.title",
                under="/p/{patient}/samhandling")  # fmt: skip
async def state(work: Work, visit: Visit, patient: str) -> Page | Go:
    """Write a statement to NAV: on its own, or as the answer to what NAV has asked for."""
    if _DOCTOR not in ROLES[work.actor.role].professions:
        raise Refused("AK-X061")
    chart = await open_chart(work, patient, _WANTED, page="legeerklaering")
    answered = await messages.find(work, patient, asked) if (asked := visit.query.get("melding", "")) else None
    partners = await _receivers(work, answered)
    problems = [one for one in chart["Condition"] if stands(one.resource)]
    chosen = visit.form.get("mottaker", "") if visit.sent else partners[0][0] if len(partners) == 1 else ""
    to = chosen if chosen in dict(partners) else ""
    kept = await drafting.kept_back(work, chart, [one.reference for one in problems], to)
    known = asking.diagnoses(one.resource for one in problems if one.reference not in kept)
    filled = asking.checked(asking.form(partners, known).read(visit.form)) if visit.sent else _blank(partners, known)
    taken = await drafting.step(work, visit, filled, partial(_written, work, chart, known, answered))
    if isinstance(taken, Go):
        return taken
    filled, draft = taken
    address = f"/p/{patient}/legeerklaering" + (f"?melding={answered.id}" if answered else "")
    return Page(
        "legeerklaering.html", status=drafting.status(filled), patient=chart.banner,
        form=filled, sections=asking.sections(filled), draft=draft, kept=bool(kept), action=address,
        back=f"/p/{patient}/samhandling",
        stopped=await _stopped(work, known, partners),
    )  # fmt: skip


async def _written(
    work: Work, chart: Chart, known: Choices, answered: Stored | None, filled: Filled, *, send: bool
) -> Draft | Go:
    to = int(str(filled.values["mottaker"]))
    communication, beside = legeerklaering.written(asking.made(filled, known), chart.identity.id, work.now)
    if send:
        return await _send(work, chart, communication, beside, to, answered)
    return writing.draft(await sending.preview(work, communication, to=to, beside=[beside]))


async def _send(
    work: Work, chart: Chart, communication: dict[str, Any], beside: dict[str, Any], to: int, answered: Stored | None
) -> Go:
    """Send a statement; the open task of what it answers is finished by it."""
    made = await sending.send(work, communication, to=to, answered=answered, beside=[beside], rests=REST)
    if answered:
        task = messages.own_task(await messages.mail_of(work, chart, answered), answered)
        if task:
            await handling.finish(work, task, task.version, by=made)
    return Go(f"/p/{chart.identity.id}/samhandling?melding={made.id}", said="cooperation.said_sent")


async def _receivers(work: Work, answered: Stored | None) -> Choices:
    """Return who can be sent a statement: those who take one, and for an answer of them only who asked."""
    takers = await addresses.partners(Within(work), legeerklaering.CODE)
    came = await inbox.behind(work, answered.owner, answered.id) if answered else None
    return tuple((str(her_id), name) for her_id, name in takers if came is None or her_id == came["sender"])


def _blank(partners: Choices, known: Choices) -> Filled:
    """Return the form as first shown: to the one who can be sent it, about the one diagnosis there is."""
    to, name = partners[0] if len(partners) == 1 else (None, None)
    return asking.form(partners, known).blank(mottaker=to, kontor=name, hoved=known[0][0] if len(known) == 1 else None)


async def _stopped(work: Work, known: Choices, partners: Choices) -> str:
    """Return why no statement can be written from here, or ""."""
    if not known:
        return texts().plain("stating.no_diagnosis")
    return await messages.stopped(work, partners)
