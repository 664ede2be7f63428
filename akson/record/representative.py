"""The patient's representative: whom somebody wants to be told what is withheld from them, and of what that is.

The patient learns no more of an entry than the name it is withheld under, which stands for it everywhere: in the case,
in its marks, in the address of a page. Source: pbrl § 5-1 fourth paragraph
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from akson.access.facts import WITHHELD, WITHHELD_AS, Facts, Labels
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Work
from akson.fhir import types
from akson.record.cases import AS, HELD, INPUT, NAMED, REACHED, REPRESENTATIVES, TASK, given, keepers_of, told
from akson.record.deciding import facts_for
from akson.record.session import fetch

READING = queries(__file__, "reading.sql")
MOST_LETTERS: Final = 200  # of a name, and of an address


async def asked(work: Work, owner: int, inputs: Sequence[Any], words: str) -> dict[str, Any]:
    """Return whom the patient names for what, and who answers for that, for cases.task; two statements.

    Raises  Refused AK-B014 without a name, what they are and how to reach them, or with anything else; AK-B015 when
            nothing is withheld under that name
    """
    name, called, as_, reached = (given(inputs, INPUT, one) for one in (HELD, NAMED, AS, REACHED))
    said = all(isinstance(one, str) and 0 < len(one.strip()) <= MOST_LETTERS for one in (called, reached))
    if not said or as_ not in REPRESENTATIVES or len(inputs) != len((HELD, NAMED, AS, REACHED)) + bool(words):
        raise Refused("AK-B014", path="Task.input")
    answerers = await keepers(work, owner, name)
    if not answerers:
        raise Refused("AK-B015", path="Task.input")
    about = [told(INPUT, HELD, valueString=name), told(INPUT, NAMED, valueString=called.strip()),
             told(INPUT, AS, valueCode=as_), told(INPUT, REACHED, valueString=reached.strip())]  # fmt: skip
    return {"about": about, "answerers": answerers, "marks": [name]}


async def keepers(work: Work, owner: int, name: object) -> list[str]:
    """Return the ids of the organisations that answer for what is withheld under a name; two statements."""
    entries = withheld_as((await facts_for(work, [owner]))[owner], name)
    keys = [(owner, types.code_of(one.type), one.id) for one in entries]
    rows = await fetch(work, READING.current, *([*column] for column in zip(*keys, strict=True))) if keys else []
    standing = next((row for row in rows if not row["deleted"]), None)
    return await keepers_of(work, owner, standing["type"], standing["id"]) if standing else []


def withheld_as(facts: Facts, name: object) -> list[Labels]:
    """Return what is withheld under a name: the entry, and what belongs to it."""
    named = isinstance(name, str) and name.startswith(WITHHELD_AS)
    return [one for one in facts.labelled if named and {WITHHELD, name} <= one.security and one.type != TASK]
