"""What is asked before a record is opened without a basis."""

from __future__ import annotations

from akson.base.errors import Refused
from akson.base.web.forms import Choice, Choices, Confirm, Fault, Field, Form

_NOT_A_REASON = ("AK-A070", "AK-A071", "AK-A072")
EMERGENCY = Form(
    Confirm(name="fare", label="emergency.danger_yes"),
    Field(name="begrunnelse", label="emergency.reason", help="emergency.reason_help", longest=300),
)


def opening(reasons: Choices) -> Form:
    """Ask which of `reasons` applies, (code, "sentence\\nhow long it lasts"), and for one sentence of one's own."""
    return Form(
        Choice(name="grunnlag", label="refused.why", choices=reasons),
        Field(name="begrunnelse", label="refused.reason", help="refused.reason_help", longest=300),
    )


def at_field(refused: Refused) -> Fault:
    """Return why the reason is not one; a refusal that is about something else is raised again."""
    if refused.code not in _NOT_A_REASON:
        raise refused
    return Fault(sentence=refused.text)
