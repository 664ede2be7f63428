"""Writing to somebody in two steps: shown as they will read it, then sent, or taken back to the form to be mended."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Protocol

from akson.base.errors import Refused
from akson.base.web.forms import Filled
from akson.base.web.screens import Go, Visit
from akson.base.work import Work
from akson.exchange import addresses, keeping, sending
from akson.exchange.states import REST
from akson.patient.chart import Chart
from akson.record.session import Within, undo
from akson.workplace.writing import Draft, draft


class Write(Protocol):
    """What is written, from the answers of a form: sent, or as its receiver will read it."""

    def __call__(self, filled: Filled, *, send: bool) -> Awaitable[Draft | Go]: ...


async def step(work: Work, visit: Visit, filled: Filled, write: Write) -> tuple[Filled, Draft | None] | Go:
    """Take the step whose button was pressed; return what is drawn then, or where one goes once it is sent.

    What `write` refuses stands in the form, and nothing of it is kept.
    """
    do = visit.form.get("do", "")
    if do == "edit":
        return replace(filled, sent=False), None
    if not filled.valid:
        return filled, None
    try:
        made = await write(filled, send=do == "send")
    except Refused as refused:
        await undo(work)
        return filled.with_refused(refused), None
    return made if isinstance(made, Go) else (filled, made)


async def letter(
    work: Work, patient: str, written: dict[str, Any], to: int, beside: Sequence[dict[str, Any]] = (), *, send: bool
) -> Draft | Go:
    """Return a message as its receiver will read it, or send it and go to where one sees how far it has come.

    patient   id of the Patient, whose page of messages it is
    written   the Communication; beside: what is written into the record with it
    to        HER-id
    Raises    as `sending.send`, either way; Leaves as that, once it is sent
    """
    if not send:
        return draft(await sending.preview(work, written, to=to, beside=beside))
    made = await sending.send(work, written, to=to, beside=beside, rests=REST)
    return Go(f"/p/{patient}/samhandling?melding={made.id}", said="cooperation.said_sent")


async def kept_back(work: Work, chart: Chart, named: Iterable[str], to: object) -> frozenset[str]:
    """Return those of "Type/id", of the record of a chart, that the citizen has closed to the receiver.

    to   HER-id, as a form has it; none: nobody is chosen yet, and what may go to nobody outside is kept
    """
    if not (chart.facts.blocks or chart.facts.labelled):
        return frozenset()
    her_id = int(str(to)) if to else 0
    found = await addresses.find(Within(work), [her_id]) if her_id else {}
    return await keeping.kept_back(work, chart.facts, named, found.get(her_id))


def status(filled: Filled) -> int:
    """Return the status of the page: 422 where what was sent must be mended."""
    return 422 if filled.sent and not filled.valid else 200
