"""Which notes a list holds: what the role is shown first, and all that access allows once its reader has asked for it.

The role narrows what is read, not only what is drawn: what was not asked for does not stand in the log as read. That
somebody asked does.

Source: hpl § 23 (who gives care judges what is relevant and necessary); domain rule R3
"""

from __future__ import annotations

from typing import Literal

from akson.access.roles import OWN_UNIT_FIRST
from akson.base.work import Work
from akson.clinical.notes import beside
from akson.patient.chart import Chart, open_chart
from akson.record.search.searching import search
from akson.record.stored import Stored
from akson.registers import codes
from akson.registers.codes import Code

ALL = "alle"  # what the press asks for
_NOTES = "DocumentReference:notes"
_PAGE = {"usual": "notater", "first": "notater", "widened": "alle-notater"}  # as the log calls it
Scope = Literal["usual", "first", "widened"]


def scope_of(role: str, asked: str) -> Scope:
    """Return what of the notes is listed: all, as usual for the role; the own unit's first; or all, by a press."""
    if role not in OWN_UNIT_FIRST:
        return "usual"
    return "widened" if asked == ALL else "first"


async def read(work: Work, patient: str, scope: Scope, about: Code | None, count: int) -> tuple[Chart, list[Stored]]:
    """Return the chart and its newest notes, at most `count`; about: the problem they are about.

    Raises  Refused when access says no
    """
    if scope != "first":
        marked = dict(beside.MARKED) | ({_NOTES: ("event", codes.ICPC2, about.code)} if about else {})
        chart = await open_chart(work, patient, {_NOTES: count}, marked=marked, page=_PAGE[scope])
        return chart, chart[_NOTES]
    chart = await open_chart(work, patient, page=_PAGE[scope])
    _, system, code = ("event", codes.ICPC2, about.code) if about else beside.MARKED[_NOTES]
    pairs = [("patient", patient), ("custodian", work.actor.unit_id), ("_sort", "-date"), ("_count", str(count)),
             ("event" if about else "type", f"{system}|{code}")]  # fmt: skip
    return chart, (await search(work, "DocumentReference", pairs)).hits
