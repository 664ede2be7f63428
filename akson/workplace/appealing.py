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
from akson.patient import appeals, cases, refusing
from akson.patient.cases import Case
from akson.record import journal, withholding
from akson.record.appeals import CHANGES
from akson.record.cases import CORRECTED, MOST_WORDS, UPHELD
from akson.record.deciding import facts_for
from akson.record.session import undo
from akson.record.stored import Stored
from akson.workplace import casework, deciding, late, telling

PASSED_ON: Final = "passed-on"  # among the outcomes that a form offers


def _told(outcomes: Iterable[str]) -> Choices:
    return tuple((one, texts().plain(f"demand.{one}")) for one in outcomes)


def _form(changes: tuple[str, ...], *, passed_on: bool) -> Form:
    state, about = "statsforvalter" if passed_on else "anew", "" if CORRECTED in changes else "_held"
    corrects = LongText(
        name="retting", label="demand.correction", help="demand.correction_help", required=False, rows=4
    )
    return Form(
        Choice(name="utfall", label=f"demand.outcome_{state}",
               choices=partial(_told, (UPHELD if passed_on else PASSED_ON, *changes))),
        *([corrects] if CORRECTED in changes else []),
        LongText(name="svar", label=f"demand.answer_{state}", help=f"demand.help_{state}{about}", longest=MOST_WORDS,
                 rows=6),
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
    law = "demand.letter_lead_held" if case.held else "demand.letter_lead"
    lead = t(law, unit=work.actor.unit_name, day=full_date(case.passed_on))
    told = printing.paper(telling.title(case), lead, await _parts(work, case), name=case.name, born=facts.birth_date,
                          now=work.now)  # fmt: skip
    made = await asyncio.to_thread(printing.printed, told, work.now)
    name = quote(f"{t('demand.letter_file')}-{case.passed_on.isoformat()}.pdf")
    return Response(made, media_type="application/pdf",
                    headers={"content-disposition": f"attachment; filename*=UTF-8''{name}"})  # fmt: skip


async def _parts(work: Work, case: Case) -> list[Part]:
    """Return what stands in the letter, in the order it is read."""
    t, refused = texts().plain, await _refused(work, case)
    entries, closed = await _entries(work, case)
    told = (telling.entry(one) for one in entries)
    about = [Line(title=one.title, about=one.by, text=one.text or t("withhold.no_text")) for one in told]
    lines = {
        "demand.appeal": [Line(title=_by(case.asker, case.asked), text=case.words)],
        "demand.comment": [Line(title=_by(case.by, case.changed), text=case.comment)],
        "demand.refusal": [Line(title=_by(refused.by, refused.changed), text=refused.answer)] if refused else (
            [Line(title=_why(entries))]),
        "demand.about": [Line(title=_by(refused.asker, refused.asked),
                              text="\n".join(filter(None, (_representative(case), refused.words))))] if refused else [],
        "demand.entry": about or [Line(title=t("demand.letter_closed"), text=closed)],
    }  # fmt: skip
    return [Part(head=t(head), lines=tuple(several)) for head, several in lines.items()]


def _by(who: str, when: datetime) -> str:
    """Return "Jonas Eikeland, 23.11.2026"."""
    return ", ".join(filter(None, (who, full_date(local(when).date()))))


def _why(entries: Iterable[Stored]) -> str:
    """Return on what ground of law entries are withheld, and with what reason."""
    said = [one for hit in entries if (one := withholding.of(hit.resource))]
    return " ".join(f"{texts().plain(f'signed.ground_{one.ground}')}. {one.reason}" for one in said)


def _representative(case: Case) -> str:
    """Return "Vigdis Moe, advokat. Kan nås på: 99 00 11 22", of an appeal over who was refused."""
    t = texts().plain
    return (
        t("demand.named", name=case.named, as_=t(f"demand.as_{case.as_}").lower(), at=case.reached)
        if case.named
        else ""
    )


async def _refused(work: Work, case: Case) -> Case | None:
    if not case.appeals:
        return None
    found = (await journal.read_many(work, [case.appeals])).get(case.appeals)
    return cases.case_of(found) if found else None


async def _entries(work: Work, case: Case) -> tuple[list[Stored], str]:
    """Return the entry while the appeal waits, or all that is withheld with it, and why it is not shown."""
    if case.closed:
        return [], ""
    if case.held:
        return await refusing.withheld_in(work, case), ""
    try:
        found = await deciding.entry(work, case)
        return ([found] if found else []), ""
    except Refused as refused:
        return [], refused.text


async def _page(work: Work, case: Case, filled: Filled) -> Page:
    entries, closed = await _entries(work, case)
    refused = await _refused(work, case)
    lies = case.passed_on is not None and not case.closed
    shown = casework.Appealed(
        **telling.asked(case, work), demanded=refused.words if refused else "",
        refused=refused.answer if refused else _why(entries), representative=_representative(case),
        refused_by=_by(refused.by, refused.changed) if refused else "",
        entry=None, entries=tuple(telling.entry(one) for one in entries), closed_to_you=closed,
        held=await deciding.held(work, case), comment=case.comment,
        commented=full_date(case.passed_on) if case.passed_on else "",
        letter_href=f"/krav/{case.stored.id}/brev" if lies else "",
        outcome=texts().plain(f"demand.{case.outcome}") if case.closed else "",
    )  # fmt: skip
    return Page("krav_klage.html", status=422 if filled.sent else 200, title=shown.title, case=shown,
                **late.drawn(filled, settled=case.closed))  # fmt: skip
