"""The rules about the dead: nobody acts for them; a relative may ask for insight, and reads what was given.

What citizens let others see ends at death by the rules that let those in (citizens.py, children.py). Who is a relative
is told by a RelatedPerson with a national identifier; what was given stands in the answer of the relative's case, see
akson/record/bereaved.py.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from akson.access.asking import CITIZEN, RULES, Act, Ask, rule
from akson.access.facts import Facts, Representation

__all__ = ["CONTENT", "RULES", "is_bereaved", "kinship"]

KIN: Final = ("family", "parent")  # of representations: spouse, children, parents, siblings, grandparents
# What a relative may be given: what is written about the help, and what was found. No messages, no consents.
CONTENT: Final = (
    "DocumentReference", "Condition", "AllergyIntolerance", "MedicationStatement", "MedicationRequest", "Observation",
    "DiagnosticReport", "Procedure", "Immunization", "CarePlan", "Composition",
)  # fmt: skip
_DAY: Final = timedelta(days=1)


def kinship(facts: Facts, person: int) -> str:
    """Return how somebody was related to the person at death: one of KIN, "" when they were not.

    person  their own Patient
    """
    known = {one.kind for one in facts.representations if one.person == person != 0 and _held_at_death(one, facts)}
    return next((kind for kind in KIN if kind in known), "")


def _held_at_death(one: Representation, facts: Facts) -> bool:
    """Say whether somebody was related on the day of death: what death itself ended, was.

    Where nobody has said when that was, an end is believed to have come before.
    """
    if facts.died is None:
        return one.end is None
    return (one.start is None or one.start < facts.died + _DAY) and (one.end is None or one.end > facts.died)


def is_bereaved(ask: Ask) -> bool:
    """Say whether the citizen was a relative of somebody who has died: as registered, on the day of death."""
    return ask.facts.deceased and kinship(ask.facts, ask.actor.key) != ""


@rule(216, basis="innsyn etter dødsfall", to=CITIZEN, acts=frozenset({Act.READ}))
def given_after_death(ask: Ask) -> bool:
    """Allow a relative the entries of the dead that a decision names, as they stand, until the day it says, to read.

    Source: pbrl § 5-1 fifth paragraph, hpl § 24; domain rule R32
    """
    labels = ask.labels
    if labels is None or not ask.facts.deceased or not labels.id or labels.past:
        return False
    given = (one for one in ask.facts.insights if one.person == ask.actor.key != 0 and one.holds(ask.now))
    return any(f"{labels.type}/{labels.id}" in one.items for one in given)
