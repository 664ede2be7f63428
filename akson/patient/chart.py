"""Opens a patient's chart for a page: the banner, and whatever more the page asks for, in one round trip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from akson.access.facts import Facts
from akson.access.rules import Act
from akson.base.errors import Refused
from akson.base.web.shell import Banner
from akson.base.work import Work
from akson.patient import banner
from akson.patient.identity import Identity, identity_of
from akson.record import journal
from akson.record.deciding import asked, facts_for
from akson.record.journal import Mark
from akson.record.stored import Stored
from akson.registers.codes import OBSERVATION_CATEGORY

OSLO = ZoneInfo("Europe/Oslo")
_NOTHING: Mapping[str, int] = MappingProxyType({})
_UNMARKED: Mapping[str, Mark] = MappingProxyType({})
# What charts ask Observations by.
VITAL_SIGNS: Final[Mark] = ("category", OBSERVATION_CATEGORY, "vital-signs")
LABORATORY: Final[Mark] = ("category", OBSERVATION_CATEGORY, "laboratory")


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One patient's chart as this actor may see it."""

    banner: Banner
    identity: Identity
    facts: Facts
    parts: Mapping[str, list[Stored]]

    def __getitem__(self, name: str) -> list[Stored]:
        """Return what was asked for under `name`, newest first."""
        return self.parts[name]


async def open_chart(
    work: Work, patient: str, wanted: Mapping[str, int] = _NOTHING, *, marked: Mapping[str, Mark] = _UNMARKED, page: str
) -> Chart:
    """Return the chart of `patient` with its banner.

    wanted, marked   what the page shows, as in journal.chart
    page             what the citizen's log calls it: a name in akson/audit/words-nb.toml
    Raises           Refused AK-J001 unknown, or an access refusal
    """
    parts = await journal.chart(work, patient, {**banner.WANTED, **wanted}, marked={**banner.MARKED, **marked})
    if not parts["Patient"]:
        raise Refused("AK-J001")
    identity = identity_of(parts["Patient"][0])
    facts = (await facts_for(work, [identity.owner]))[identity.owner]
    decision = asked(work, facts, None, Act.READ)
    work.saw(identity.owner, f"page {page}", rule=decision.rule, basis=decision.basis)
    shown = banner.draw(identity, facts, parts, opened=decision, now=work.now, today=local(work.now).date())
    return Chart(banner=shown, identity=identity, facts=facts, parts=parts)


def local(moment: datetime) -> datetime:
    """Return a moment by the Norwegian clock."""
    return moment.astimezone(OSLO)
