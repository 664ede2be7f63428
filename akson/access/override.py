"""Ways into a record that no relation opens: a reason from a template, or an emergency. Both end by themselves.

Lengths: a template lasts as long as its task, at most 8 hours (a shift); an emergency 60 minutes, enough to act and so
short that whoever still needs the record states a reason. The citizen reads every opening in the log. Longer needs
are relations (an appointment, an admission), not openings.

Source: pasientjournalloven § 19 and the national guide to access (explicit self-authorisation by decision templates);
hpl § 25 and pjl § 17 (a block yields only to danger to life or serious harm).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from akson.access.facts import Opening
from akson.access.roles import Permission, has
from akson.base.errors import Refused
from akson.base.work import Actor, Purpose

EMERGENCY_LASTS = timedelta(minutes=60)
LONGEST = timedelta(hours=8)
_WIDTH = timedelta(seconds=1)  # a FHIR instant without fractions ends a second after it begins
SHORTEST_REASON = 10  # characters that say something
IN_EMERGENCY = "emergency"  # stands where the template of an opening does
_AWRY = timedelta(minutes=1)  # clocks of others


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """One lawful reason to open a record oneself.

    text      the choice as the user reads it
    learning  to learn from care that one gave oneself; who did not write in the record has none
    """

    code: str
    text: str
    lasts: timedelta
    learning: bool = False


TEMPLATES: Mapping[str, Template] = {
    t.code: t
    for t in (
        Template(code="B1", text="Personen er til undersøkelse eller på vei inn", lasts=timedelta(hours=8)),
        Template(code="B2", text="Jeg svarer på telefon eller gir råd", lasts=timedelta(hours=4)),
        Template(code="B3", text="Jeg tar imot en oppgave fra en annen enhet", lasts=timedelta(hours=8)),
        Template(code="B4", text="En kollega har spurt meg om råd", lasts=timedelta(hours=2)),
        Template(code="B5", text="Jeg vil lære av hjelp jeg selv har gitt", lasts=timedelta(hours=2), learning=True),
    )
}


def opening(actor: Actor, template: str, reason: str, now: datetime) -> Opening:
    """Return the opening `actor` may take with a reason; the rules still ask whether this record may be opened.

    Raises  Refused AK-A070 unknown template, AK-A071 no reason given
    """
    chosen = TEMPLATES.get(template)
    if chosen is None:
        raise Refused("AK-A070", path="template")
    return Opening(
        person=actor.key, unit=actor.unit, learning=chosen.learning, reason=_reason(reason), start=now,
        end=now + chosen.lasts,
    )  # fmt: skip


def emergency(actor: Actor, reason: str, now: datetime, *, danger: bool) -> Opening:
    """Return the emergency opening `actor` may take.

    danger   "there is danger to life or health" is ticked, on the page that one has gone to for an emergency
    Raises   Refused AK-A071 no reason given, AK-A072 not ticked
    """
    if not danger:
        raise Refused("AK-A072", path="danger")
    return Opening(
        person=actor.key, unit=actor.unit, emergency=True, reason=_reason(reason), start=now, end=now + EMERGENCY_LASTS
    )


def refuse_unfit(taken: Opening, template: str, actor: Actor, purpose: Purpose, now: datetime) -> None:
    """Refuse an opening that `actor` could not have been given here, whatever program wrote it down.

    template  its code, or IN_EMERGENCY
    Raises    Refused AK-A070 unknown template, AK-A071 no reason given, AK-A072 an emergency that the work is not,
              AK-A073 for somebody else, for another time or for too long
    """
    if taken.emergency is not (template == IN_EMERGENCY) or taken.emergency is not (purpose is Purpose.EMERGENCY):
        raise Refused("AK-A072", path="Consent.provision.purpose")
    if not taken.emergency and (template not in TEMPLATES or TEMPLATES[template].learning is not taken.learning):
        raise Refused("AK-A070", path="Consent.category")
    _reason(taken.reason, path="Consent.category.text")
    most = EMERGENCY_LASTS if taken.emergency else TEMPLATES[template].lasts
    begun, ended = taken.start or now, taken.end or now + LONGEST + _WIDTH + _WIDTH
    own = taken.person == actor.key != 0 and taken.unit == actor.unit != 0
    if not own or abs(begun - now) > _AWRY or ended - begun > most + _WIDTH:
        raise Refused("AK-A073", path="Consent.provision")


def in_force(taken: Opening, actor: Actor, now: datetime) -> bool:
    """Say whether `taken` opens the record for `actor` now.

    Whoever wrote it down, an opening is worth nothing to another person, for another unit, in a role without the
    right to take it, without an end, or for longer than its kind may last.
    """
    needed, most = (
        (Permission.OPEN_EMERGENCY, EMERGENCY_LASTS) if taken.emergency else (Permission.OPEN_WITH_REASON, LONGEST)
    )
    return (
        taken.person == actor.key != 0 and taken.unit == actor.unit != 0
        and taken.start is not None and taken.end is not None and taken.end - taken.start <= most + _WIDTH
        and taken.start <= now < taken.end and has(actor.role, needed)
    )  # fmt: skip


def _reason(given: str, path: str = "reason") -> str:
    reason = " ".join(given.split())
    if len(reason) < SHORTEST_REASON:
        raise Refused("AK-A071", path=path)
    return reason
