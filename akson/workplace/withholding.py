"""What the patient has insight in: every entry of the record, and keeping one back, with its ground and its reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from akson.access.facts import WITHHELD
from akson.access.roles import Permission
from akson.base.errors import Refused
from akson.base.web.forms import Choice, Choices, Filled, Form, Hidden, LongText
from akson.base.web.messages import texts
from akson.base.web.screens import Go, Menu, Page, Screens, Visit
from akson.base.web.sent import version
from akson.base.work import Work
from akson.patient import refusing
from akson.patient.chart import Chart, open_chart
from akson.record import withholding
from akson.record.session import undo
from akson.record.stored import Stored, marks_in
from akson.workplace import casework, telling

SCREENS = Screens(__name__)
PAGE: Final = "/p/{patient}/innsyn"
_NEWEST: Final = 30  # of each kind
_WANTED: Final = dict.fromkeys(refusing.TYPES, _NEWEST)


def _grounds() -> Choices:
    return tuple((one, texts().plain(f"signed.ground_{one}")) for one in withholding.GROUNDS)


FORM: Final = Form(
    Choice(name="grunnlag", label="signed.ground", choices=_grounds),
    LongText(name="hvorfor", label="signed.withhold_why", help="withhold.help", longest=1000, rows=3),
    Hidden(name="version"),
)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One entry in the list. withheld: the patient does not see it."""

    title: str
    by: str
    href: str
    withheld: bool


@dataclass(frozen=True, kw_only=True)
class Part:
    """Entries of one kind."""

    id: str
    head: str
    rows: tuple[Row, ...]


@SCREENS.screen(PAGE, needs=Permission.WRITE_DIAGNOSES, title="withhold.title",
                menu=Menu(text="withhold.menu", icon="eye", order=80))  # fmt: skip
async def insight(work: Work, visit: Visit, patient: str) -> Page | Go:
    """List what the patient sees; of one entry, keep it back or give insight again."""
    item = visit.asked.get("hva", "")
    if not item:
        chart = await open_chart(work, patient, _WANTED, page="pasientinnsyn")
        return Page("innsyn.html", patient=chart.banner, parts=tuple(_parts(chart, patient)))
    entry = await refusing.find(work, patient, item)
    here = PAGE.format(patient=patient)
    form = FORM.read(visit.form) if visit.sent else FORM.blank(version=entry.version)
    giving = visit.form.get("do") == "give"
    if visit.sent and (giving or form.valid):
        try:
            await _decide(work, entry, form, giving=giving)
            return Go(here, said="withhold.given" if giving else "withhold.withheld_now")
        except Refused as refused:
            await undo(work)
            form = form.with_refused(refused)
    chart = await open_chart(work, patient, page="pasientinnsyn")
    return _page(chart, entry, form, here)


async def _decide(work: Work, entry: Stored, form: Filled, *, giving: bool) -> None:
    seen = version(form["version"].raw)
    if giving:
        await refusing.give(work, entry, seen)
    else:
        ground, reason = (str(form.values[name]) for name in ("grunnlag", "hvorfor"))
        await refusing.refuse(work, entry, seen, ground=ground, reason=reason)


def _page(chart: Chart, entry: Stored, form: Filled, here: str) -> Page:
    found = withholding.of(entry.resource)
    refused = f"{texts().plain(f'signed.ground_{found.ground}')}. {found.reason}" if found else ""
    return Page("innsyn_en.html", status=422 if form.sent else 200, patient=chart.banner, entry=telling.entry(entry),
                refused=refused, form=form, action=here)  # fmt: skip


def _parts(chart: Chart, patient: str) -> list[Part]:
    here = PAGE.format(patient=patient)
    made = [Part(id=type_, head=texts().plain(f"withhold.{type_}"), rows=tuple(_row(one, here) for one in chart[type_]))
            for type_ in refusing.TYPES]  # fmt: skip
    return [one for one in made if one.rows]


def _row(found: Stored, here: str) -> Row:
    told: casework.Entry = telling.entry(found)
    marks = marks_in(found.resource.get("meta") or {})
    return Row(title=told.title, by=told.by, href=f"{here}?hva={told.reference}", withheld=WITHHELD in marks)
