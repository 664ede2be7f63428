"""Carrying out what is decided about an entry of a record: it is corrected, erased, or stays as it is."""

from __future__ import annotations

from akson.base.errors import Refused
from akson.base.web.forms import Fault, Filled
from akson.base.web.sent import version
from akson.base.work import Work
from akson.patient import appeals as patient_appeals
from akson.patient import cases, demands
from akson.patient.cases import Case
from akson.record import appeals, holds, journal
from akson.record.cases import CORRECTED, ERASE, GIVEN, GONE
from akson.record.deciding import facts_for
from akson.record.stored import Stored


def whole(filled: Filled) -> Filled:
    """Return the form with a fault when it corrects without saying how."""
    corrects = filled.values["utfall"] == CORRECTED and not str(filled.values.get("retting") or "").strip()
    return filled.with_fault(Fault("form.must_fill"), "retting") if corrects else filled


async def carry_out(work: Work, case: Case, filled: Filled) -> None:
    """Do what was decided with the entry, and answer the case."""
    outcome, text, given = (str(filled.values[name]) for name in ("utfall", "svar", "version"))
    drawn = version(given)
    if outcome == CORRECTED:
        found = await _readable(work, case)
        await demands.correct(work, case.stored, drawn, found, text=text, correction=str(filled.values["retting"]))
    elif outcome in GONE:
        await demands.erase(work, case.stored, drawn, await entry(work, case), text=text, outcome=outcome)
    elif outcome == GIVEN:
        await patient_appeals.give(work, case, drawn, text=text)
    else:
        await cases.answer(work, case.stored, drawn, text=text, outcome=outcome)


async def held(work: Work, case: Case) -> str:
    """Return why nothing can be erased now, of an open case that may end so; "": nothing keeps it."""
    erases = not case.closed and ERASE in (case.sort, case.demanded)
    if not erases:
        return ""
    owner = case.stored.owner
    if refusal := await holds.refusal(work, owner):
        return refusal.text
    facts = (await facts_for(work, [owner]))[owner]
    return Refused("AK-J024").text if await appeals.lies_elsewhere(work, facts, [case.item], case.stored.id) else ""


async def entry(work: Work, case: Case) -> Stored | None:
    """Return the entry a case is about, None when it is gone. Raises Refused when it is closed to the one who asks."""
    try:
        return await _readable(work, case)
    except Refused as refused:
        if refused.code != "AK-J002":
            raise
        return None


async def _readable(work: Work, case: Case) -> Stored:
    return await journal.read(work, *case.item.split("/", 1))
