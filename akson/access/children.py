"""The rules about children and those who decide for them: by age, at midnight in Norway; and when parents do not.

A child of an age that is not known is grown to its parents, and to itself.
"""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from akson.access.asking import CITIZEN, CONTENT, RULES, Act, Ask, rule
from akson.access.facts import Representation

__all__ = [
    "GROWN", "RULES", "acting", "acts_as", "age", "lets_youth_in", "parent_of_small_child", "parent_of_youth",
    "younger_than",
]  # fmt: skip

NORWAY = ZoneInfo("Europe/Oslo")
YOUTH, SIGNS_IN, GROWN = 12, 13, 16  # years
_TOUCHES = CONTENT | {Act.SEARCH_IDENTITY}
# What youth see themselves. Source: Helsenorge's rules for youth (appointments, the GP, prescriptions, vaccines); and
# what they keep from others, which is theirs to decide.
OF_YOUTH = frozenset(
    "Patient Appointment AppointmentResponse Communication MedicationRequest MedicationStatement MedicationDispense "
    "Immunization Consent".split()
)


@rule(133, refusal="AK-A066", to=CITIZEN, acts=_TOUCHES)
def care_taken_over(ask: Ask) -> bool:
    """Refuse parents while the barnevern has taken over the care of the child.

    Source: pbrl §§ 3-4, 4-4; barnevernsloven § 5-1; domain rule R26
    """
    given = ask.facts.representations
    return bool(given) and acts_as(ask, "parent") and any(r.kind == "barnevern" and r.holds(ask.now) for r in given)


@rule(134, refusal="AK-A064", to=CITIZEN, acts=_TOUCHES)
def youth_signs_in_from_13(ask: Ask) -> bool:
    """Refuse children their own record until they turn 13, and until 16 without a parent's consent to the sign-in.

    Source: Helsenorge's rules for youth; domain rules R27, C10
    """
    if not _own(ask) or not younger_than(GROWN, ask):
        return False
    return younger_than(SIGNS_IN, ask) or not any(period.holds(ask.now) for period in ask.facts.youth)


@rule(135, refusal="AK-A065", to=CITIZEN)
def youth_sees_a_part(ask: Ask) -> bool:
    """Refuse youth under 16 all but appointments, the GP, medicines, vaccines, and what they keep from others.

    Source: Helsenorge's rules for youth; domain rules R27, C10
    """
    labels = ask.labels
    return labels is not None and _own(ask) and labels.type not in OF_YOUTH and younger_than(GROWN, ask)


@rule(210, basis="forelder", to=CITIZEN, acts=_TOUCHES)
def parent_of_small_child(ask: Ask) -> bool:
    """Allow parents the record of a living child until midnight, in Norway, when it turns 12.

    Source: pbrl §§ 3-4, 4-4; domain rules R25, R32, C10
    """
    return acts_as(ask, "parent") and younger_than(YOUTH, ask)


@rule(205, basis="forelder", to=CITIZEN, acts=_TOUCHES)
def parent_of_youth(ask: Ask) -> bool:
    """Allow parents the record of a living child from 12 to 16, but what the child or who treats it keeps back.

    Item by item: by the mark "withheld-parents", or a block that names the parent or closes an item to everybody.

    Source: pbrl §§ 3-4, 4-4; domain rules R25, R28, C10
    """
    return acts_as(ask, "parent") and younger_than(GROWN, ask) and not younger_than(YOUTH, ask)


@rule(214, basis="forelder", to=CITIZEN, acts=frozenset({Act.GOVERN}))
def lets_youth_in(ask: Ask) -> bool:
    """Allow parents to consent to their child's own sign-in, and to take it back, until the child turns 16.

    Source: Helsenorge's rules for youth; domain rule R27
    """
    labels = ask.labels
    return labels is not None and labels.type == "Consent" and acts_as(ask, "parent") and younger_than(GROWN, ask)


def acts_as(ask: Ask, kind: str) -> bool:
    """Say whether the citizen is registered now as one who acts for the person in this way; for the dead nobody."""
    return bool(acting(ask, kind))


def acting(ask: Ask, kind: str) -> list[Representation]:
    """Return what makes the citizen one who acts for the person in this way now; for the dead nothing does."""
    key, given = ask.actor.key, ask.facts.representations
    if key == 0 or ask.facts.deceased:
        return []
    return [r for r in given if r.kind == kind and r.person == key and r.holds(ask.now)]


def _own(ask: Ask) -> bool:
    return ask.actor.key == ask.facts.owner


def younger_than(years: int, ask: Ask) -> bool:
    """Say whether the person has not yet had that birthday by the Norwegian calendar; of none known they have."""
    birth = ask.facts.birth_date
    if birth is None or ask.now.year - birth.year > years + 1:  # most are: without asking what time it is in Norway
        return False
    return 0 <= age(birth, ask.now) < years


def age(birth: date, now: datetime) -> int:
    """Return how many birthdays somebody has had by the Norwegian calendar."""
    today = now.astimezone(NORWAY).date()
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))
