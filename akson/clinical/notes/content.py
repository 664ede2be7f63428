"""What each kind of note must hold, and what one that is being written does not say yet. Pure.

It is told while the note is written, and stops nobody: what is relevant and necessary is the writer's to judge.

Source: pasientjournalforskriften §§ 6-8 (the reason for the contact, what was found, the assessment, what was done and
agreed); domain rule R22. To be reviewed by clinicians.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from akson.base.web.messages import texts
from akson.clinical.notes.form import SECTIONS

_MET: Final = ("bakgrunn", "funn", "vurdering", "tiltak")  # who was met was examined
_HEARD: Final = ("bakgrunn", "vurdering", "tiltak")
MUST_HOLD: Final[Mapping[str, tuple[str, ...]]] = {
    "konsultasjon": _MET, "sykebesok": _MET, "hjemmebesok": _MET, "telefon": _HEARD, "telefon-parorende": _HEARD,
    "annet": ("vurdering",),
}  # fmt: skip
_LABELS: Final = dict(SECTIONS)


def lacking(fields: Mapping[str, str]) -> tuple[str, ...]:
    """Return the parts that a note of this kind must hold and has no word in yet."""
    return tuple(one for one in MUST_HOLD.get(fields.get("type", ""), ()) if not fields.get(one, "").strip())


def told(fields: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return what the writer is told: what such a note holds before anything is written, then what is missing."""
    parts, t = lacking(fields), texts().plain
    if not parts:
        return ()
    begun = any(fields.get(name, "").strip() for name in _LABELS)
    head = t("note.lacks") if begun else t("note.holds")
    named = ", ".join(t(_LABELS[one]).lower() for one in parts)
    return ((head, t("note.as_needed", parts=named)),)
