"""Looks: who had opened which chart before today, so that "since you last read" and the citizens' log have a story."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from seeds import staff as by
from seeds.citizens.astrid import ASTRID
from seeds.citizens.protected import TORUNN
from seeds.shapes import Clock
from seeds.staff import Member


@dataclass(frozen=True, kw_only=True)
class Look:
    """One page of one chart, read once. `page` and `basis` as the access log names them."""

    at: datetime
    who: Member
    whose: str  # "Patient/astrid"
    page: str = "oversikt"
    basis: str = "enheten gir hjelp"
    reason: str = ""


def looks(now: datetime) -> tuple[Look, ...]:
    """Return the looks, oldest first."""
    clock = Clock(now)

    def at(days: int, when: str) -> datetime:
        return datetime.fromisoformat(clock.ago(days, when))

    return (
        Look(at=at(14, "10.01"), who=by.JONAS, whose=ASTRID.ref, basis="fastlegeliste"),
        Look(at=at(12, "21.47"), who=by.BERIT, whose=TORUNN.ref),  # her neighbour, on whose round she is not
        Look(at=at(12, "21.52"), who=by.BERIT, whose=TORUNN.ref, page="notater"),
        Look(at=at(2, "19.20"), who=by.SARA, whose=ASTRID.ref, basis="åpnet selv med begrunnelse",
             reason="Telefon fra datter, moren er tyngre i pusten"),
        Look(at=at(1, "08.15"), who=by.MARIAM, whose=ASTRID.ref, page="malinger"),
        Look(at=at(0, "08.12"), who=by.MARIAM, whose=ASTRID.ref, page="malinger"),
    )  # fmt: skip
