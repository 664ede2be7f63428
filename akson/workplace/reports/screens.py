"""Writing a message of care: our words and what the record knows, seen as its receiver will read it, then sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from akson.access.roles import Permission
from akson.base.errors import Refused
from akson.base.web.forms import Choice, Choices, Filled, Form, LongText
from akson.base.web.messages import texts
from akson.base.web.screens import Go, Page, Screens, Visit
from akson.base.work import Work
from akson.exchange.dying import DEATH
from akson.patient import dead
from akson.patient.chart import Chart, open_chart
from akson.record.search.searching import search
from akson.record.stored import Stored
from akson.registers.codes import OBSERVATION_CATEGORY
from akson.workplace import drafting, inbox, messages
from akson.workplace.reports import content
from akson.workplace.reports.content import KINDS, Kind
from akson.workplace.reports.receivers import receivers
from akson.workplace.writing import Draft

SCREENS = Screens(__name__)
_READ: Final[Mapping[str, int]] = {**content.WANTED, "Encounter": 20, "Communication": 50}
_MOST: Final = "200"


@SCREENS.screen("/p/{patient}/samhandling/ny/{kind}", needs=Permission.WRITE_MESSAGES, title="reports.title")
async def report(work: Work, visit: Visit, patient: str, kind: str) -> Page | Go:
    """Write a message of care of one kind. Raises Refused AK-J001 for a kind that is not written here."""
    if kind not in KINDS:
        raise Refused("AK-J001")
    asked_for = KINDS[kind]
    chart = await open_chart(work, patient, _READ, page=kind)
    lives = asked_for.type == DEATH and not chart["Patient"][0].resource.get("deceasedDateTime")
    if lives and dead.may_enter(work.actor):
        return Go(f"/p/{patient}/dodsfall")  # what is told of must stand in the record
    stay = _stay(chart, visit.query.get("opphold", ""))
    known = content.standing(asked_for, {**chart.parts, content.FUNCTION: await _functions(work, patient)})
    to = await receivers(work, asked_for, chart, stay)
    asked = _form(asked_for, to.choices)
    filled = asked.read(visit.form) if visit.sent else asked.blank(mottaker=to.usual or None)
    receiver = filled.values.get("mottaker") if visit.sent else to.usual
    kept = await drafting.kept_back(work, chart, [one.reference for one in (*known, stay) if one], receiver)
    offered = [one for one in known if one.reference not in kept]
    groups = content.groups(asked_for, offered, set(visit.every("ta")) if "valgt" in visit.form else None)
    along = {each.id for group in groups for each in group.items if each.ticked}
    brought = [one for one in offered if one.reference in along]
    of = stay if stay and stay.reference not in kept else None
    taken = await drafting.step(work, visit, filled, partial(_written, work, patient, asked_for, of, brought))
    if isinstance(taken, Go):
        return taken
    filled, draft = taken
    root = f"/p/{patient}/samhandling"
    query = f"?opphold={stay.id}" if stay else ""
    return Page("rapport.html", status=drafting.status(filled), title=content.name(asked_for), patient=chart.banner,
                form=filled, draft=draft, groups=groups, action=f"{root}/ny/{kind}{query}", back=root, why=to.why,
                kept=bool(kept),
                lacking=tuple(content.lacking(asked_for, known, work.actor.role)),
                kinds=content.tabs(work.actor, root, kind, inbox.statement(work.actor, f"/p/{patient}")),
                stopped=texts().plain("deceased.not_entered") if lives
                else await messages.stopped(work, to.choices, to.unable),
                )  # fmt: skip


async def _written(
    work: Work, patient: str, kind: Kind, stay: Stored | None, brought: Sequence[Stored], filled: Filled, *, send: bool
) -> Draft | Go:
    written = content.communication(kind, patient, stay, brought, str(filled.values["tekst"] or ""))
    return await drafting.letter(work, patient, written, int(str(filled.values["mottaker"])), send=send)


def _stay(chart: Chart, asked: str) -> Stored | None:
    """Return the stay at hospital that was asked for, else the one the patient is at now."""
    inside = [one for one in chart["Encounter"] if (one.resource.get("class") or {}).get("code") == "IMP"]
    return next((one for one in inside if one.id == asked), None) or next(
        (one for one in inside if one.resource.get("status") == "in-progress"), None
    )


async def _functions(work: Work, patient: str) -> list[Stored]:
    """Return what the patient manages, newest first."""
    mapped = [("subject", f"Patient/{patient}"), ("category", f"{OBSERVATION_CATEGORY}|survey")]
    return (await search(work, content.FUNCTION, [*mapped, ("_sort", "-date"), ("_count", _MOST)])).hits


def _form(kind: Kind, choices: Choices) -> Form:
    return Form(
        Choice(name="mottaker", label="cooperation.receiver", choices=choices, drawn="select"),
        LongText(name="tekst", label="reports.words", help=f"reports.help_{kind.type}", rows=8, longest=20_000,
                 required=kind.wordy),
    )  # fmt: skip
