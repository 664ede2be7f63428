"""The register of rules as a page for people: `make docs` writes docs/access.md, a test holds it to the code."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from akson.access.asking import RULES, Rule
from akson.access.law import Point, answering, points
from akson.access.roles import NEVER, ROLES, Permission, Role
from akson.base.errors import catalogue
from akson.base.work import Kind
from tests.access import test_law
from tests.access.shown import SHOWN

HEAD = f"""# Access: what the law asks, and what stands here

Made by `make docs` from `akson/access`; a test holds it to the code, and every rule to its table of cases: each fails when its
rule is taken away (`{test_law.__name__.replace(".", "/")}.py`). What each source is stands in [sources.md](sources.md). Who sees which part of a record
(`plain`, `consent`, `place` ...) is told once more, by hand from the law, in the oracle of the leak suite ([security.md](security.md)).

## What the law asks
*To be confirmed by a lawyer* stands where the source was known to us at second hand only. Without "waits for" all of it is in
force.
"""
RULES_HEAD = """
## The rules, in the order they are asked
One that refuses ends the matter; then the first that permits does. What nothing permits is refused. "Yields" means that an
emergency opening lifts it, and nothing else does.
"""
ROLES_HEAD = """
## The roles
What each may read and write at all, before the rules ask about the person concerned. A role comes from employment, and a
person who has several chooses one at sign-in.

Who finds people is told, by *Finn pasient*, of persons whose record is not open to them: name, birth date and place. Those searches draw
on an allowance ([security.md](security.md#what-costs-much)), and so does any that may tell of somebody new. What is found in records that are
open draws nothing, by whatever way it is asked for: all that apps of staff find, and inside a record. Nor does somebody known by id, nor one
whole national number. `tells_who_exists` in `akson/record/search/searching.py` decides it, for every way in, by whose records may hold hits.
"""
WHO = {Kind.STAFF: "staff", Kind.CITIZEN: "citizens", Kind.SYSTEM: "programs"}


def page() -> str:
    """Return the whole page."""
    law = table(
        ("No.", "What is asked", "Source", "About", "State", "Rules", "Other tests"), map(_point, points().items())
    )
    rules = table(("Rule", "What it does", "Source", "Who", "In an emergency", "What is said", "Shown by"), _rules())
    roles = table(("Role", "Health personnel", "Finds people", "Reads", "Writes", "Opens"), map(_role, ROLES.values()))
    return "".join((HEAD, law, RULES_HEAD, rules, ROLES_HEAD, roles))


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return rows of cells as Markdown."""
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def _point(numbered: tuple[str, Point]) -> list[str]:
    number, one = numbered
    rules = answering(number)
    source = one.source + ("; *to be confirmed by a lawyer*" if one.lawyer else "")
    return [
        number,
        one.asks,
        source,
        one.about,
        _state(one, rules),
        _code(rule.name for rule in rules),
        _code(one.tests),
    ]


def _state(one: Point, rules: list[Rule]) -> str:
    if not one.waits:
        return "in force"
    return f"in part; waits for {one.waits}" if one.tests or rules else f"waits for {one.waits}"


def _rules() -> Iterator[list[str]]:
    for rule in sorted({rule.name: rule for rule in RULES}.values(), key=lambda rule: rule.order):
        told = rule.decision
        yield [
            f"{rule.order} `{rule.name}`", rule.says, rule.source.removesuffix("."),
            ", ".join(word for kind, word in WHO.items() if kind in rule.kinds),
            "yields" if rule.lifted else "stands" if told.refusal else "",
            f"{told.refusal}: {catalogue()[told.refusal].nb}" if told.refusal else f"«{told.basis}»",
            _code(test.__name__ for test in SHOWN[rule.name]),
        ]  # fmt: skip


def _role(role: Role) -> list[str]:
    has = role.permissions
    opens = [word for one, word in ((Permission.OPEN_WITH_REASON, "with a reason"), (Permission.OPEN_EMERGENCY, "in an emergency"))
             if one in has]  # fmt: skip
    return [f"{role.name} (`{role.code}`)", _yes(here=role.health), _yes(here=Permission.FIND_PEOPLE in has), _types(role.reads),
            _types(role.writes), ", ".join(opens)]  # fmt: skip


def _types(named: frozenset[str]) -> str:
    return f"all but {', '.join(sorted(NEVER))}" if "*" in named else ", ".join(sorted(named))


def _yes(*, here: bool) -> str:
    return "yes" if here else ""


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), "utf-8")
