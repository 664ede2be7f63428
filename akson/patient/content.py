"""What an entry of each kind should hold, and what one that is about to be written does not say. Pure.

It is told before the entry is saved or sent, on the pages and by $validate alike, and stops nobody: what is relevant
and necessary is the writer's to judge. Notes have their own table (clinical/notes/content.py), messages of care theirs
(workplace/reports/content.py): what their readers expect is told in other words.

Source: pasientjournalforskriften §§ 4-8; domain rule R22. To be reviewed by clinicians.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from akson.base.web.messages import texts

EXPECTED: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {  # type -> what it is called -> elements that say it
    "MedicationStatement": {
        "dose": ("dosage",), "reason": ("reasonCode", "reasonReference"),
        "period": ("effectivePeriod", "effectiveDateTime"),
    },
    "MedicationRequest": {
        "dose": ("dosageInstruction",), "reason": ("reasonCode", "reasonReference"),
        "period": ("dosageInstruction.timing", "dispenseRequest.validityPeriod", "authoredOn"),
    },
    "AllergyIntolerance": {
        "substance": ("code", "reaction.substance"), "certainty": ("verificationStatus",),
        "reaction": ("reaction.manifestation",),
    },
    "Condition": {
        "code": ("code.coding",), "certainty": ("verificationStatus",),
        "onset": ("onsetDateTime", "onsetAge", "onsetPeriod", "onsetRange", "onsetString"),
    },
    "Flag": {"code": ("code",), "period": ("period",)},
    "Observation": {
        "value": ("valueQuantity", "valueCodeableConcept", "valueString", "valueBoolean", "valueInteger", "valueRange",
                  "valueRatio", "valueSampledData", "valueTime", "valueDateTime", "valuePeriod", "component",
                  "hasMember", "dataAbsentReason"),
        "time": ("effectiveDateTime", "effectivePeriod", "effectiveTiming", "effectiveInstant"),
    },
    "Communication": {"subject": ("topic",), "words": ("payload",)},
}  # fmt: skip
_OVER: Final = frozenset({"entered-in-error", "not-done", "refuted", "not-taken", "cancelled"})


def lacking(resource: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what an entry of this kind should hold and does not say; nothing of one that is taken back.

    >>> lacking({"resourceType": "AllergyIntolerance", "code": {"text": "Penicillin"}})
    ('certainty', 'reaction')
    """
    if resource.get("status") in _OVER:
        return ()
    expected = EXPECTED.get(str(resource.get("resourceType")), {})
    return tuple(name for name, paths in expected.items() if not any(_said(resource, path) for path in paths))


def told(resource: Mapping[str, Any]) -> str:
    """Return the same in words: "Mangler: dose, grunn."; "" where nothing does."""
    parts, t = lacking(resource), texts().plain
    return t("content.lacks", parts=", ".join(t(f"content.{one}") for one in parts)) if parts else ""


def _said(held: Any, path: str) -> bool:
    """Say whether something stands under a path; of several, whether it does in any."""
    if isinstance(held, list):
        return any(_said(one, path) for one in held)
    name, _, rest = path.partition(".")
    inner = held.get(name) if isinstance(held, Mapping) else None
    return _said(inner, rest) if rest and inner else inner not in (None, "", [], {})
