"""Asking the rules as a test does: who, about whom, about what."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from akson.access.facts import Facts, Labels
from akson.access.rules import Act, decide
from akson.base.work import Actor, Purpose
from tests.access.people import NOW


def ask(
    who: Actor, about: Facts, labels: Labels | None = None, act: Act = Act.READ, now: datetime = NOW,
    purpose: Purpose = Purpose.TREATMENT,
) -> str:  # fmt: skip
    """Return the code of the refusal, "" when permitted."""
    decision = decide(who, purpose, about, labels, act, now)
    assert decision.permit is (decision.refusal == "") and (decision.basis != "") is decision.permit
    return decision.refusal


ask_own = partial(ask, purpose=Purpose.OWN)
