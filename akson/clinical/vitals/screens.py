"""The screens of vital signs: what was measured, and measuring anew."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from akson.access.roles import Permission
from akson.advice.vitals import kinds, news2
from akson.advice.vitals.kinds import Value
from akson.advice.vitals.moments import Moment, compared, gathered
from akson.advice.vitals.news2 import Scale
from akson.advice.vitals.standing import scale_of, standing
from akson.base.errors import Refused
from akson.base.web.forms import Filled
from akson.base.web.messages import texts
from akson.base.web.screens import Go, Menu, Page, Screens, Visit
from akson.base.work import Work
from akson.clinical.vitals import actions, model, pages
from akson.clinical.vitals.form import VITALS
from akson.patient.chart import LABORATORY, VITAL_SIGNS, Chart, open_chart
from akson.patient.reading import moment
from akson.record.journal import Mark
from akson.record.session import undo

SCREENS = Screens(__name__)
MARKED: Final[Mapping[str, Mark]] = {
    "Observation:vitals": VITAL_SIGNS,
    "Observation:labs": LABORATORY,
}
_NEWEST: Final = 250  # Observations; ten for each moment
_OF_PERIOD: Final = {"3m": 1500, "1a": 2500}


@SCREENS.screen("/p/{patient}/malinger", needs=Permission.READ_CLINICAL, title="vitals.title", methods=("GET",),
                menu=Menu(text="vitals.menu", icon="heart", order=5, keys="g m"))  # fmt: skip
async def measurements(work: Work, visit: Visit, patient: str) -> Page:
    """Show what was measured, as curves and as a table, and what it means now."""
    period = visit.query.get("periode", "")
    wanted = {"Observation:vitals": _OF_PERIOD.get(period, _NEWEST), "Observation:labs": 60}
    chart = await open_chart(work, patient, wanted, marked=MARKED, page="malinger")
    moments = _moments(chart)
    shown = pages.picked(moments, period, work.now)
    source, labs = pages.laboratory(hit.resource for hit in chart["Observation:labs"])
    scale = scale_of(chart, work.now)
    stands = standing(moments, scale)
    taken = stands.newer or stands.complete
    view = model.Measurements(
        new_href=f"/p/{patient}/malinger/ny", labs=labs, labs_source=source,
        course=pages.course(shown, _periods(period)) if shown else None,
        taken=taken.at if taken else None, by=taken.by if taken else "",
        result=pages.result(taken.values, taken.total, moments, taken.at, scale or Scale.ONE) if taken else None,
        complete=pages.complete(stands.complete, work.now) if stands.newer and stands.complete else "",
    )  # fmt: skip
    return Page("malinger.html", view=view, patient=chart.banner)


@SCREENS.screen("/p/{patient}/malinger/ny", needs=Permission.WRITE_VITALS, title="vitals.new")
async def new_measurement(work: Work, visit: Visit, patient: str) -> Page | Go:
    """Ask for one set of vital signs; count NEWS2 when asked to, register when told to."""
    chart = await open_chart(work, patient, {"Observation:vitals": _NEWEST}, marked=MARKED, page="maling")
    form = VITALS.read(visit.form) if visit.sent else VITALS.blank(malt=work.now.isoformat())
    if form.valid and visit.form.get("do") == "save":
        try:
            await actions.register(
                work, patient, _values(form), _measured_at(form, work), remark=form["merknad"].raw,
                scale=scale_of(chart, work.now),
            )  # fmt: skip
        except Refused as refused:
            await undo(work)
            form = form.with_refused(refused)
        else:
            return Go(f"/p/{patient}/malinger", "vitals.saved")
    elif form.valid:
        form = _doubted(form)
    status = 422 if form.sent and not form.valid else 200
    return Page("maling.html", status=status, form=form, patient=chart.banner, measuring=_measuring(work, chart, form))


def _doubted(form: Filled) -> Filled:
    """Return the form with a fault when what is typed cannot be true."""
    try:
        kinds.believable(_values(form))
    except Refused as refused:
        return form.with_refused(refused)
    return form


def _measuring(work: Work, chart: Chart, form: Filled) -> model.Measuring:
    values, moments, scale = _values(form), _moments(chart), scale_of(chart, work.now)
    at, result, points, missing = _measured_at(form, work), None, {}, ""
    if form.sent and scale:
        counted = news2.score(values, scale)
        points, missing = dict(counted.points), _missing(counted.missing)
        if form.valid and (counted.total is not None or _tells(counted, compared(moments, at))):
            result = pages.result(values, counted.total, moments, at, scale)
    return model.Measuring(
        action=f"/p/{chart.identity.id}/malinger/ny", at=at, points=points, result=result,
        missing=missing if scale else texts().plain("vitals.child"), last=pages.last_measured(moments, work.now),
    )  # fmt: skip


def _tells(counted: news2.Score, was: int | None) -> bool:
    """Say whether the parts that are typed already tell of somebody ill, or of more than before."""
    return counted.alarming or (was is not None and counted.at_least > was)


def _missing(parts: tuple[str, ...]) -> str:
    t = texts().plain
    return t("vitals.missing", parts=", ".join(t(f"vitals.part_{part}") for part in parts)) if parts else ""


def _values(form: Filled) -> dict[str, Value]:
    """Return what was measured, by name of kinds.py."""
    return {name: value for name in kinds.EVERY if isinstance(value := form.values.get(name), Value)}


def _measured_at(form: Filled, work: Work) -> datetime:
    """Return when the form was opened; that is when one measures."""
    try:
        return moment(form["malt"].raw) or work.now
    except ValueError:  # tampered with
        return work.now


def _moments(chart: Chart) -> list[Moment]:
    return gathered(hit.resource for hit in chart["Observation:vitals"])


def _periods(current: str) -> tuple[tuple[str, str], ...]:
    t = texts().plain
    every = (("", t("vitals.newest")), ("3m", t("vitals.months")), ("1a", t("vitals.year")))
    return tuple((text, f"?periode={name}" if name else "?") for name, text in every if name != current)
