"""Signed notes as the pages show them: the list, and one note with its earlier versions. Pure."""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import datetime

from akson.base.web.messages import texts
from akson.base.web.render import clock, full_date, local, said
from akson.clinical.notes.drafts import Draft
from akson.clinical.notes.form import KINDS
from akson.clinical.notes.listing import ALL, Scope
from akson.clinical.notes.model import Earlier, Listed, Notes, Signed
from akson.clinical.notes.note import REASON, codes_in_words, text_of
from akson.patient.reading import display, extension, from_elsewhere, moment, words
from akson.record import releasing, withholding
from akson.record.stored import Stored
from akson.registers.codes import Code

MOST = 1000


def listed(hit: Stored, root: str, now: datetime, disputed: Container[str] = ()) -> Listed:
    """Return a note, or another document, as one item of the list. disputed: what is demanded to be corrected."""
    resource = hit.resource
    later = releasing.release_of(resource, now)
    authors = [display(one) for one in resource.get("author", ())]
    source = texts().plain("notes.elsewhere") if from_elsewhere(resource) else ""
    people = dict.fromkeys([*authors, display(resource.get("custodian")), source])
    return Listed(
        title=resource.get("description") or words(resource.get("type")), by=", ".join(filter(None, people)),
        at=moment(resource.get("date")) or hit.last_updated, codes=codes_in_words(resource), text=text_of(resource),
        href=f"{root}/notat/{hit.id}", corrected=resource.get("docStatus") == "amended",
        wrong=resource.get("status") == "entered-in-error", disputed=hit.reference in disputed,
        seen=_seen_from(later[0]) if later else "",
    )  # fmt: skip


def _seen_from(at: datetime) -> str:
    return texts().plain("notes.seen_from", day=full_date(local(at).date()), at=clock(at))


def listing(
    hits: Sequence[Stored], kept: Sequence[Draft], root: str, asked: int, now: datetime, *, about: Code | None = None,
    scope: Scope = "usual", disputed: Container[str] = (),
) -> Notes:  # fmt: skip
    """Return the list of a patient's notes, and what one has begun in the same record.

    about     the problem the notes are about; None: all notes
    scope     what of them the reader is shown
    disputed  as `listed` takes it
    """
    here, only = f"{root}/notater", f"kode={about.code}" if about else ""
    shown = f"vis={ALL}" if scope == "widened" else ""
    more = _href(here, only, shown, f"antall={min(asked * 3, MOST)}") if len(hits) == asked and asked < MOST else ""
    return Notes(
        new_href=f"{root}/notat/ny", notes=tuple(listed(hit, root, now, disputed) for hit in hits), more_href=more,
        about=f"{about.code} {about.name}" if about else "", all_href=_href(here, shown) if about else "",
        drafts=tuple((begun(draft, now), f"{root}/notat/{draft.id}") for draft in kept),
        widen_href=_href(here, only, f"vis={ALL}") if scope == "first" else "",
        narrow_href=_href(here, only) if scope == "widened" else "",
    )  # fmt: skip


def _href(path: str, *pairs: str) -> str:
    asked = "&".join(filter(None, pairs))
    return f"{path}?{asked}" if asked else path


def begun(draft: Draft, now: datetime) -> str:
    """Return what a draft is called: "Konsultasjon, i dag 10.42: Tyngre pust …"."""
    kind = dict(KINDS).get(draft.fields.get("type", ""), texts().plain("note.title"))
    if draft.fields.get("retter"):
        kind = texts().plain("note.correction_of", kind=kind)
    return texts().plain("notes.draft", kind=kind, at=said(draft.changed, now))


def page(
    hit: Stored,
    versions: Sequence[Stored],
    root: str,
    *,
    mine: bool,
    fault: str = "",
    unexplained: str = "",
    now: datetime,
    disputed: Container[str] = (),
) -> Signed:
    """Return one signed note.

    versions  every version of it, newest first; disputed: as `listed` takes it
    """
    resource, note = hit.resource, listed(hit, root, now, disputed)
    later = releasing.release_of(resource, now)
    correction = resource.get("docStatus") == "amended"
    created = [one.get("attachment", {}).get("creation") for one in resource.get("content", ())]
    earlier = [one for one in versions if one.version < hit.version and text_of(one.resource) != note.text]
    related = (resource.get("context") or {}).get("related", ())
    return Signed(
        action=note.href, note=note, list_href=f"{root}/notater", refs=tuple(filter(None, map(display, related))),
        corrected_at=moment(created[0]) if correction and created else None, reason=extension(resource, REASON),
        earlier=tuple(_earlier(one) for one in earlier), mine=mine and not note.wrong, reason_fault=fault,
        seen_why=texts().plain(f"note.later_{later[1]}") if later else "",
        refused=_refused(withholding.of(resource)), refusal_fault=unexplained,
        grounds=tuple((one, texts().plain(f"signed.ground_{one}")) for one in withholding.GROUNDS),
    )  # fmt: skip


def _refused(found: withholding.Withheld | None) -> str:
    """Return why a note is kept from the patient, as the patient reads it."""
    return f"{texts().plain(f'signed.ground_{found.ground}')}. {found.reason}" if found else ""


def _earlier(one: Stored) -> Earlier:
    return Earlier(number=one.version, at=one.last_updated, codes=codes_in_words(one.resource),
                   text=text_of(one.resource))  # fmt: skip
