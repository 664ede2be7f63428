"""The rule by which decision support weighs what a block keeps from its reader: it may say that there is something.

What it may reveal is one fixed sentence; what it may not: which entry, what sort, how many, whose, or which medicine it
is about. It stands behind a switch that each data controller turns on (record/unseen.py): needs clinical and ethical
approval.
"""

from __future__ import annotations

from akson.access import override, roles
from akson.access.asking import RULES, STAFF, Act, Ask, related, rule
from akson.access.roles import Permission

__all__ = ["RULES", "WEIGHED"]

# What advice about medicines is given from (akson/advice/medicines.py).
WEIGHED = frozenset({"AllergyIntolerance", "Condition", "MedicationRequest", "MedicationStatement", "Observation"})


@rule(355, basis="beslutningsstøtte", to=STAFF, acts=frozenset({Act.ADVISE}))
def advised_past_a_block(ask: Ask) -> bool:
    """Allow decision support to weigh what a part of the record that is closed says of medicines, for who decides them.

    Only for who prescribes and has a basis of their own for the record, with no program; what is closed even in
    emergencies, or by name, is not weighed.

    Source: our own design, to be approved clinically and ethically; domain rule R15
    """
    actor, labels = ask.actor, ask.labels
    if labels is None or labels.type not in WEIGHED:
        return False
    opened = any(override.in_force(one, actor, ask.now) for one in ask.facts.openings if not one.learning)
    return roles.has(actor.role, Permission.WRITE_MEDICATION) and (related(ask) or opened)
