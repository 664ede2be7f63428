"""Appeals over what was refused: who refused decides anew or passes it on; later, what Statsforvalteren decided."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Final
from urllib.parse import quote

from starlette.responses import Response

from akson.base.errors import Refused
from akson.base.web import printing
from akson.base.web.forms import Choice, Choices, Filled, Form, Hidden, LongText
from akson.base.web.messages import texts
from akson.base.web.printing import Line, Part
from akson.base.web.render import full_date, local
from akson.base.web.screens import Go, Page, Visit
from akson.base.web.sent import version
from akson.base.work import Work
from akson.patient import appeals, cases
from akson.patient.cases import Case
from akson.record import journal
from akson.record.appeals import CHANGES
from akson.record.cases import MOST_WORDS, UPHELD
from akson.record.deciding import facts_for
from akson.record.session import undo
from akson.record.stored import Stored
from akson.workplace import casework, deciding, late, telling

PASSED_ON: Final = "passed-on"  # among the outcomes that a form offers


def _told(outcomes: Iterable[str]) -> Choices:
    return tuple((one, texts().plain(f"demand.{one}")) for one in outcomes)


def _form(changes: tuple[str, ...], *, passed_on: bool) -> Form:
    state = "statsforvalter" if passed_on else "anew"
    return Form(
        Choice(name="utfall", label=f"demand.outcome_{state}",
               choices=partial(_told, (UPHELD if passed_on else PASSED_ON, *changes))),
        LongText(name="retting", label="demand.correction", help="demand.correction_help", required=False, rows=4),
        LongText(name="svar", label=f"demand.answer_{state}", help=f"demand.help_{state}", longest=MOST_WORDS, rows=6),
        Hidden(name="version"),
    )  # fmt: skip


# By whether Statsforvalteren has decided, and what was demanded.
FORMS: Final = {
    (passed_on, sort): _form(changes, passed_on=passed_on)
    for passed_on in (False, True)
    for sort, changes in CHANGES.items()
}


async def page(work: Work, visit: Visit, case: Case) -> Page | Go:
    """Show one appeal with the refusal and the entry; decide anew or pass it on; later, carry out how it ended."""
    settled = "AK-B004" if case.closed else ""
    form = FORMS[case.passed_on is not None, case.demanded]
    filled = late.filled(form, visit, settled=settled, version=case.stored.version)
    if filled.valid:
        filled = deciding.whole(filled)
    if filled.valid:
        try:
            return await _decide(work, case, filled)
        except Refused as refused:
            await undo(work)
            filled = filled.with_refused(refused)
    return await _page(work, case, filled)


async def _decide(work: Work, case: Case, filled: Filled) -> Go:
    if filled.values["utfall"] != PASSED_ON:
        await deciding.carry_out(work, case, filled)
        return Go("/krav", said="demand.decided")
    text, drawn = str(filled.values["svar"]), version(str(filled.values["version"]))
    await appeals.pass_on(work, case.stored, drawn, text=text)
    return Go(f"/krav/{case.stored.id}", said="demand.passed_on_said")


async def letter(work: Work, case: Case) -> Response:
    """Return the appeal as a letter to Statsforvalteren: it, what who refused says of it, the refusal, the entry.

    Raises  Refused AK-J001 when it has not been passed on, or has ended
    """
    if case.passed_on is None or case.closed:
        raise Refused("AK-J001")
    facts, t = (await facts_for(work, [case.stored.owner]))[case.stored.owner], texts().plain
    lead = t("demand.letter_lead", unit=work.actor.unit_name, day=full_date(case.passed_on))
    told = printing.paper(telling.title(case), lead, await _parts(work, case), name=case.name, born=facts.birth_date,
                          now=work.now)  # fmt: skip
    made = await asyncio.to_thread(printing.printed, told, work.now)
    name = quote(f"{t('demand.letter_file')}-{case.passed_on.isoformat()}.pdf")
    return Response(made, media_type="application/pdf",
                    headers={"content-disposition": f"attachment; filename*=UTF-8''{name}"})  # fmt: skip


async def _parts(work: Work, case: Case) -> list[Part]:
    """Return what stands in the letter, in the order it is read."""
    t, refused = texts().plain, await _refused(work, case)
    entry, closed = await _entry(work, case)
    shown = telling.entry(entry) if entry else None
    about = Line(title=shown.title, about=shown.by, text=shown.text or t("withhold.no_text")) if shown else (
        Line(title=t("demand.letter_closed"), text=closed))  # fmt: skip
    lines = {
        "demand.appeal": Line(title=_by(case.asker, case.asked), text=case.words),
        "demand.comment": Line(title=_by(case.by, case.changed), text=case.comment),
        "demand.refusal": Line(title=_by(refused.by, refused.changed), text=refused.answer) if refused else None,
        "demand.about": Line(title=_by(refused.asker, refused.asked), text=refused.words) if refused else None,
        "demand.entry": about,
    }
    return [Part(head=t(head), lines=(line,) if line else ()) for head, line in lines.items()]


def _by(who: str, when: datetime) -> str:
    """Return "Jonas Eikeland, 23.11.2026"."""
    return ", ".join(filter(None, (who, full_date(local(when).date()))))


async def _refused(work: Work, case: Case) -> Case | None:
    found = (await journal.read_many(work, [case.appeals])).get(case.appeals)
    return cases.case_of(found) if found else None


async def _entry(work: Work, case: Case) -> tuple[Stored | None, str]:
    """Return the entry while the appeal waits, and why it is not shown."""
    try:
        return (None if case.closed else await deciding.entry(work, case)), ""
    except Refused as refused:
        return None, refused.text


async def _page(work: Work, case: Case, filled: Filled) -> Page:
    entry, closed = await _entry(work, case)
    refused = await _refused(work, case)
    lies = case.passed_on is not None and not case.closed
    shown = casework.Appealed(
        **telling.asked(case, work), demanded=refused.words if refused else "",
        refused=refused.answer if refused else "", refused_by=_by(refused.by, refused.changed) if refused else "",
        entry=telling.entry(entry) if entry else None, closed_to_you=closed,
        held=await deciding.held(work, case), comment=case.comment,
        commented=full_date(case.passed_on) if case.passed_on else "",
        letter_href=f"/krav/{case.stored.id}/brev" if lies else "",
        outcome=texts().plain(f"demand.{case.outcome}") if case.closed else "",
    )  # fmt: skip
    return Page("krav_klage.html", status=422 if filled.sent else 200, title=shown.title, case=shown,
                **late.drawn(filled, settled=case.closed))  # fmt: skip
