"""Whether a patient can sign in, at the desk: giving back the access that the patient has taken away."""

from __future__ import annotations

from typing import Final

from akson.access.roles import Permission
from akson.base.errors import Refused
from akson.base.web.forms import Confirm, Form, Hidden
from akson.base.web.messages import texts
from akson.base.web.render import full_date, local
from akson.base.web.screens import Go, Menu, Page, Screens, Visit
from akson.base.web.sent import version
from akson.base.work import Work
from akson.patient import stopping
from akson.patient.chart import open_chart
from akson.patient.reading import moment
from akson.record.session import undo

SCREENS = Screens(__name__)
FORM: Final = Form(Confirm(name="mott", label="signing.met"), Confirm(name="alene", label="signing.alone"),
                   Hidden(name="version"))  # fmt: skip


@SCREENS.screen("/p/{patient}/innlogging", needs=Permission.RESTORE_ACCESS, title="signing.title",
                menu=Menu(text="signing.menu", icon="key", order=70))  # fmt: skip
async def signing_in(work: Work, visit: Visit, patient: str) -> Page | Go:
    """Show whether the patient can sign in; give the access back to one who has been met."""
    chart = await open_chart(work, patient, page="innlogging")
    stopped = await stopping.standing(work, chart.facts)
    form = FORM.read(visit.form) if visit.sent else FORM.blank(version=stopped.version if stopped else 0)
    if form.valid:
        if stopped is None:
            raise Refused("AK-J001")
        try:
            drawn, reason = version(str(form.values["version"])), texts().plain("signing.reason")
            await stopping.restore(work, stopped, drawn, reason=reason)
            return Go(f"/p/{patient}/innlogging", said="signing.restored")
        except Refused as refused:
            await undo(work)
            form = form.with_refused(refused)
    at = moment(stopped.resource.get("dateTime")) if stopped else None
    since = full_date(local(at).date()) if at else ""
    return Page("innlogging.html", status=422 if form.sent else 200, patient=chart.banner, since=since,
                form=form if stopped else None, action=f"/p/{patient}/innlogging")  # fmt: skip
