"""What a block keeps from the actor and decision support may weigh all the same: read here, shown nowhere.

Off until a data controller turns it on for those who work there (AKSON_ADVICE_PAST_BLOCKS): it needs clinical and
ethical approval. Then its use stands in the log, whatever came of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from akson.access.facts import Facts
from akson.access.rules import Act
from akson.base.queries import queries
from akson.base.work import Work
from akson.fhir import types
from akson.record.deciding import asked, labels_in
from akson.record.journal import Mark, rows_of, token_of
from akson.record.session import look
from akson.record.stored import stored

SQL = queries(__file__, "reading.sql")
PAGE: Final = "page raad"  # as the log calls it
Resource = dict[str, Any]


def weighs(work: Work, facts: Facts) -> bool:
    """Say whether anything is weighed: the controller has turned it on, and something in the record is closed."""
    return work.actor.controller in work.office.past_blocks and bool(facts.blocks or facts.labelled)


async def unseen(
    work: Work, facts: Facts, wanted: Mapping[str, int], marked: Mapping[str, Mark]
) -> dict[str, list[Resource]]:
    """Return what the rules let decision support weigh, and the actor does not see; one statement, none when it is off.

    wanted, marked  as in journal.chart, of the record that `facts` are about
    Leaves          the use of it in the access log, without saying of what
    """
    found: dict[str, list[Resource]] = {name: [] for name in wanted}
    if not weighs(work, facts):
        return found
    names = list(wanted)
    kinds = [name.partition(":")[0] for name in names]
    marks = [(kind, marked.get(name)) for kind, name in zip(kinds, names, strict=True)]
    tokens, by = [token_of(work, *mark) for mark in marks], [rows_of(work, *mark) for mark in marks]
    codes = [types.code_of(kind) for kind in kinds]
    for row in await look(work, SQL.chart, facts.owner, codes, list(wanted.values()), tokens, [], by):
        labels = labels_in(work, row, facts)
        advised = asked(work, facts, labels, Act.ADVISE)
        if advised.permit and not asked(work, facts, labels, Act.READ).permit:
            found[names[row["place"] - 1]].append(stored(row).resource)
    if any(found.values()):
        work.saw(facts.owner, PAGE, rule="advised_past_a_block", basis="beslutningsstøtte")
    return found
