"""Se som: the own record as another sees it, before and after one lets them in. Read-only, and the citizen's own look.

What the other sees is asked of the rules, item by item (akson/record/viewing.py), and never more is shown than the
citizen sees without.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from akson.access.roles import called
from akson.access.rules import Act
from akson.base.errors import Refused
from akson.base.web.messages import texts
from akson.base.web.screens import Visit
from akson.base.work import Work
from akson.patient.reading import representative
from akson.portal import model, record
from akson.portal.insight import SEE_AS
from akson.portal.opening import Opened, opened
from akson.portal.plain import and_
from akson.record.deciding import asked
from akson.record.viewing import Viewer, through, viewers

PAGE: Final = "se-som"  # as the log calls it
WANTED: Final = {**record.WANTED, "RelatedPerson": 50, "Consent": 200}
_GROUPS: Final = (("persons", frozenset({"parent", "proxy", "guardian"})), ("roles", frozenset({"role"})),
                  ("workers", frozenset({"worker"})))  # fmt: skip
# What of the record is counted under which heading, of what the other does not see.
_COUNTED: Final[Mapping[str, tuple[str, ...]]] = {
    "medicines": ("MedicationStatement",), "results": ("Observation:lab",), "measured": ("Observation:vital",),
    "notes": ("DocumentReference",), "problems": ("Condition",), "critical": ("AllergyIntolerance", "Flag"),
    "plan": ("CarePlan", "Goal"), "services": ("EpisodeOfCare",), "vaccines": ("Immunization",),
}  # fmt: skip


async def choosing(work: Work, shown: Opened, hidden: tuple[tuple[str, str], ...]) -> model.Seeing:
    """Return the page where one chooses as whom to look."""
    found = await viewers(work, shown.facts)
    named_ = _names(shown, found)
    groups = tuple(
        (texts().plain(f"seeing.{head}"), tuple((one.id, named_[one.id]) for one in found if one.kind in kinds))
        for head, kinds in _GROUPS
    )
    return model.Seeing(action=SEE_AS, back=shown.href("/min/innsyn"), hidden=hidden,
                        choices=tuple((head, options) for head, options in groups if options))  # fmt: skip


async def seen(work: Work, visit: Visit, shown: Opened, chosen: str) -> model.Seeing:
    """Return the record as the one chosen sees it, and what they lack.

    shown    the record as the citizen sees it
    Raises   Refused AK-J001 when it is nobody whom one may look as
    Leaves   access-log row of the citizen's own look
    """
    found = await viewers(work, shown.facts)
    viewer = next((one for one in found if one.id == chosen), None)
    if viewer is None:
        raise Refused("AK-J001")
    page = model.Seeing(
        who=_names(shown, found)[viewer.id], action=SEE_AS, back=shown.href(SEE_AS), hidden=(),
        means=texts().plain(f"seeing.means_{viewer.kind}"),
    )  # fmt: skip
    narrow = through(work, viewer)
    if not asked(narrow, shown.facts, None, Act.READ).permit:
        return page
    theirs = await opened(narrow, visit, record.WANTED, marked=record.MARKED, page=f"{PAGE}/{viewer.kind}")
    told = await record.record(narrow, replace(theirs, borrowed=True))
    return replace(page, record=told, missing=and_(_lacks(shown, theirs)))


def _names(shown: Opened, found: list[Viewer]) -> dict[str, str]:
    """Return what each is called; one who acts for the person and may not be known by name, by what they are."""
    told_of = {f"{one['resourceType']}/{one['id']}": one for one in (*shown["RelatedPerson"], *shown["Consent"])}
    told: dict[str, str] = {}
    for one in found:
        if one.kind == "worker":
            told[one.id] = ", ".join(filter(None, (one.actor.name, called(one.actor.role), one.actor.unit_name)))
        elif one.kind == "role":
            told[one.id] = f"{called(one.actor.role).capitalize()}, {one.actor.unit_name}"
        else:
            kind = texts().plain(f"seeing.{one.kind}")
            person = told_of.get(one.id)
            number = 1 + sum(other.kind == one.kind and other.id in told for other in found)
            told[one.id] = f"{representative(person)} ({kind})" if person else f"{kind.capitalize()} {number}"
    return told


def _lacks(shown: Opened, theirs: Opened) -> Iterator[str]:
    """Yield how much of what the citizen sees the other does not: "2 notater og brev", "1 legemiddel"."""
    for head, kinds in _COUNTED.items():
        mine = {hit.reference for kind in kinds for hit in shown.parts[kind]}
        count = len(mine - {hit.reference for kind in kinds for hit in theirs.parts[kind]})
        if count:
            yield texts().plain(f"seeing.lacks_{head}", count=count)
