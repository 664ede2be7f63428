"""How soon what came is to be seen to, where its type says nothing nearer. Our own choice, told in docs/exchange.md."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

_DAY: Final = timedelta(days=1)
URGENT: Final = _DAY  # also of what of ours did not arrive
HURRIES: Final = {"stat": timedelta(hours=4), "asap": URGENT, "urgent": URGENT}  # of whatever type
USUAL: Final = 3 * _DAY
BY_TYPE: Final = {  # message types (Volven 8279) with another limit than the usual
    "EPIKRISE": 7 * _DAY,
    "HENVISNING_NYTILSTAND": 7 * _DAY,
    "HENVISNING_VIDERE": 7 * _DAY,
    "LEGEERKL": 7 * _DAY,
    "DIALOG_STATUS_HENVISNING": 7 * _DAY,
    "DIALOG_INNBYGGER_EKONTAKT": 5 * _DAY,
    "DIALOG_INNBYGGER_EKONSULTASJON": 5 * _DAY,
    "DIALOG_INNBYGGER_RESEPTFORNYELSE": 5 * _DAY,
    "DIALOG_INNBYGGER_TIMEONSKE": 5 * _DAY,
}


def limit(type_: str, priority: str) -> timedelta:
    """Return how soon a message of a type is to be seen to. priority: as FHIR names it."""
    usual = BY_TYPE.get(type_, USUAL)
    return min(usual, HURRIES.get(priority, usual))


def until(end: datetime) -> dict[str, Any]:
    """Return `end` as what a Task says of when it is due."""
    return {"period": {"end": end.isoformat()}}
