"""Who answers for the record (journalansvarlig) in the reader's organisation: shown on the overview, and changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from akson.access.facts import Labels
from akson.access.roles import called
from akson.access.rules import Act
from akson.base.errors import Refused
from akson.base.web import sent
from akson.base.web.forms import Choice, Form
from akson.base.web.screens import Go, Page, Screens, Visit
from akson.base.work import Work
from akson.patient import answering
from akson.patient.answering import Answering
from akson.patient.chart import Chart, open_chart
from akson.record.deciding import asked
from akson.record.session import undo
from akson.record.working import Post
from akson.workplace.model import Answers

SCREENS = Screens(__name__)
_PAGE: Final = "ansvarlig"


async def shown(work: Work, chart: Chart) -> Answers:
    """Return who answers for the record in the reader's organisation, and where it is changed; one statement."""
    one, _ = await _here(work, chart)
    may = asked(work, chart.facts, Labels(type="CareTeam", unit=work.actor.unit, letters="c"), Act.GOVERN).permit
    href = f"/p/{chart.identity.id}/{_PAGE}" if one and may else ""
    return Answers(name=one.worker.name if one and one.worker else "", role=one.role if one else "", href=href)


async def _here(work: Work, chart: Chart) -> tuple[Answering | None, Mapping[str, Post]]:
    """Return who answers in the actor's organisation, and whom one may name there."""
    found = await answering.kept_by(work, chart.facts.relations, chart[answering.NAME])
    every = answering.answering(found, chart.facts.relations, chart[answering.NAME], work.now)
    one = next((each for each in every if each.home == work.actor.controller), None)
    return one, answering.choices(found, work.actor.controller)


@SCREENS.screen("/p/{patient}/ansvarlig", needs="write-administration", title="answers.title")
async def change(work: Work, visit: Visit, patient: str) -> Page | Go:
    """Show who answers for the record and who has; name another."""
    chart = await open_chart(work, patient, answering.WANTED, marked=answering.MARK, page=_PAGE)
    one, offered = await _here(work, chart)
    if one is None:
        raise Refused("AK-J001")
    stands = answering.of_home(chart[answering.NAME], one.home_id)
    told = tuple((who, f"{worker.name}, {called(worker.role)}") for who, worker in offered.items())
    form = Form(Choice(name="hvem", label="answers.who", choices=told, drawn="select"))
    filled = form.read(visit.form) if visit.sent else form.blank()
    if filled.valid:
        try:
            chosen = offered[str(filled.values["hvem"])]
            await answering.name(work, patient, stands, chosen, drawn=sent.version(visit.form.get("versjon", "")))
            return Go(f"/p/{patient}", said="answers.said")
        except Refused as refused:
            await undo(work)
            filled = filled.with_refused(refused)
    return Page("ansvarlig.html", status=422 if visit.sent else 200, patient=chart.banner, form=filled, one=one,
                held=answering.history(stands.resource) if stands else [], version=stands.version if stands else 0,
                action=f"/p/{patient}/{_PAGE}", back=f"/p/{patient}")  # fmt: skip
