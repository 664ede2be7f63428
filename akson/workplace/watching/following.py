"""Whom the log is followed more closely for, on the privacy officer's desk: /fulgt and /fulgt/{mark}."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from akson.access.roles import Permission
from akson.base.errors import Refused
from akson.base.web.forms import Day, Field, Filled, Form, LongText
from akson.base.web.messages import texts
from akson.base.web.render import full_date, local, said
from akson.base.web.screens import Go, Page, Screens, Visit
from akson.base.work import Work
from akson.patient.watching import following
from akson.patient.watching.following import LONGEST, Mark
from akson.record.session import undo
from akson.registers.identifiers import Fnr
from akson.workplace.watching.model import Followed

SCREENS = Screens(__name__)
NEEDS: Final = Permission.REVIEW_LOG
PAGE: Final = "/fulgt"
_LONGEST: Final = 1000  # characters of a reason
FORM: Final = Form(
    Field(name="fnr", label="watching.number", help="watching.number_help", longest=20, autocomplete="off"),
    LongText(name="grunn", label="watching.reason", help="watching.reason_help", longest=_LONGEST, rows=3),
    Day(name="til", label="watching.until", help="watching.until_help"),
)
END: Final = Form(LongText(name="grunn", label="watching.end_reason", longest=_LONGEST, rows=3))


@SCREENS.screen(PAGE, needs=NEEDS, title="watching.followed", under="/funn")
async def followed(work: Work, visit: Visit) -> Page | Go:
    """Show for whom looks are followed more closely, and follow one more."""
    filled = FORM.read(visit.form) if visit.sent else FORM.blank(til=(local(work.now).date() + LONGEST).isoformat())
    if filled.valid:
        try:
            await _follow(work, filled)
            return Go(PAGE, said="watching.said_followed")
        except Refused as refused:
            await undo(work)
            filled = filled.with_refused(refused)
    rows = tuple(_row(one, work.now) for one in await following.marks(work))
    return Page("fulgt.html", status=422 if filled.sent else 200, rows=rows, form=filled, action=PAGE)


@SCREENS.screen(f"{PAGE}/{{mark}}", needs=NEEDS, title="watching.followed", under="/funn")
async def one(work: Work, visit: Visit, mark: str) -> Page | Go:
    """Show one mark, which names nobody, and take it away, with a reason."""
    found = await following.find(work, mark)
    filled = END.read(visit.form) if visit.sent else END.blank()
    if filled.valid:
        await following.end(work, mark, str(filled.values["grunn"]))
        return Go(PAGE, said="watching.said_ended")
    return Page("fulgt_en.html", status=422 if filled.sent else 200, row=_row(found, work.now), form=filled)


async def _follow(work: Work, filled: Filled) -> None:
    number = Fnr.parse(str(filled.values["fnr"]), synthetic=work.office.synthetic)
    until = filled.values["til"]
    assert isinstance(until, date)
    await following.follow(work, number, str(filled.values["grunn"]), until)


def _row(one: Mark, now: datetime) -> Followed:
    return Followed(
        href=f"{PAGE}/{one.id}", reason=one.reason or texts().plain("watching.from_finding"),
        until=full_date(one.until), by=texts().plain("watching.said_by", name=one.by, when=said(one.at, now)) if one.by
        else said(one.at, now),
    )  # fmt: skip
