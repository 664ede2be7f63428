"""What comes to something that is settled already: the page as it stands now gives it back, to be copied."""

from __future__ import annotations

from akson.base.errors import Refused
from akson.base.web.forms import Filled, Form
from akson.base.web.screens import Visit


def filled(form: Form, visit: Visit, *, settled: str = "", **known: object) -> Filled:
    """Return what was sent, or the form as first shown.

    settled  code of the refusal when there is nothing more to say; what was sent is then valid no more
    known    what the form is first shown with
    """
    if not visit.sent:
        return form.blank(**known)
    sent = form.read(visit.form)
    return sent.with_refused(Refused(settled)) if settled else sent


def drawn(sent: Filled, *, settled: bool) -> dict[str, Filled | None]:
    """Return the form a page draws, and once it is settled what came too late, for `m.given_back`."""
    return {"form": None if settled else sent, "late": sent if settled and sent.sent else None}
