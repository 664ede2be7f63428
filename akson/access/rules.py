"""The access rules, the only implementation: `decide` asks them in order, and what none of them permits is refused.

A *bar* refuses when it is true. A *grant* permits when it is true and nothing bars. A bar marked `lifted` yields to an
emergency. Every rule names its source and stands with its subject; the text of each refusal stands in errors.toml.
Rules are pure: what they know is in `Ask`.

    barring     bars whatever tie there is          citizens    the own record, and those one acts for
    children    by their age, and who decides
    blocking    what the citizen has blocked        caring      those who give care
    tokens      what a token was given for          opening     records opened without a tie
    advising    what decision support may weigh past a block
    attesting   what only registers know            programs    our own jobs, and those with an agreement
    erasing     what leaves a record for good       commons     what belongs to nobody
    subscribers each subscription is its subscriber's
    rights      what citizens ask for by right, and who answers
    bereaved    relatives of the dead
    releasing   what the citizen sees from an instant on
    stopping    citizens who have taken their own access away
    vouching    staff of other organisations, whom these vouch for
    duty        who reports a child to the barnevern
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from akson.access import (
    advising,
    attesting,
    barring,
    bereaved,
    blocking,
    caring,
    children,
    citizens,
    commons,
    duty,
    erasing,
    opening,
    programs,
    releasing,
    rights,
    stopping,
    subscribers,
    tokens,
    vouching,
)
from akson.access.asking import EMERGENCY, NOBODY, RULES, Act, Ask, Decision, Rule, in_emergency
from akson.access.facts import Facts, Labels
from akson.base.work import Actor, Kind, Purpose

__all__ = ["NOBODY", "Act", "Decision", "closes_by_date", "decide", "hides_address", "partly_closed"]

# Importing them registers their rules.
_LOADED = (advising.RULES, attesting.RULES, barring.RULES, bereaved.RULES, blocking.RULES, caring.RULES,
           children.RULES, citizens.RULES, commons.RULES, duty.RULES, erasing.RULES, opening.RULES, programs.RULES,
           releasing.RULES, rights.RULES, stopping.RULES, subscribers.RULES, tokens.RULES, vouching.RULES)  # fmt: skip


def decide(actor: Actor, purpose: Purpose, facts: Facts, labels: Labels | None, act: Act, now: datetime) -> Decision:
    """Return whether `actor` may do `act`, by which rule and on what basis.

    labels   of the resource; None asks for the record as a whole (may the chart be opened at all?)
    """
    ask = Ask(actor, purpose, facts, labels, act, now)
    bars, grants = _plan(actor.kind, act, persons=facts.is_person)
    lifted = False
    for bar in bars:
        if bar.holds(ask):
            if not (bar.lifted and in_emergency(ask)):
                return bar.decision
            lifted = True
    if lifted:
        return EMERGENCY
    for grant in grants:
        if grant.holds(ask):
            return grant.decision
    return NOBODY


def partly_closed(facts: Facts) -> bool:
    """Say whether the answer can differ between resources of this record by the citizen's own blocks."""
    return any(not block.whole for block in facts.blocks)


def closes_by_date(facts: Facts) -> bool:
    """Say whether the answer can differ between resources of this record by when they say that they were."""
    return bool(facts.blocks) and any(block.dated for block in facts.blocks)


def hides_address(facts: Facts) -> bool:
    """Say whether the address may not be shown, printed, sent or made inferable to anybody.

    Source: domain rules R29, R30 (folkeregisterloven § 10-4, Normen fact sheet 55)
    """
    return facts.protection != ""


@lru_cache(maxsize=64)
def _plan(kind: Kind, act: Act, *, persons: bool) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
    """Return the bars and the grants that can matter, in order."""
    ordered = sorted(RULES, key=lambda r: r.order)
    fit = [r for r in ordered if kind in r.kinds and act in r.acts and r.persons is persons]
    return tuple(r for r in fit if not r.decision.permit), tuple(r for r in fit if r.decision.permit)
