"""The citizen's own words, as the citizen's pages ask and show them: about me, whom to call, what I wish."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from akson.access.facts import Labels
from akson.access.rules import Act
from akson.base.errors import Refused
from akson.base.web import sent
from akson.base.web.forms import Field, Filled, Form, LongText
from akson.base.web.messages import texts
from akson.base.work import Work
from akson.patient import own_words
from akson.patient.own_words import CONTACTS, MARK, MOST, NAME, PARTS
from akson.portal import model
from akson.portal.opening import Opened
from akson.record.deciding import asked
from akson.record.session import undo

PAGE: Final = "/min/om-meg"
EDIT: Final = "/min/om-meg/endre"
WANTED: Final = {NAME: MOST}
MARKED: Final = MARK
_LONGEST: Final = 2000


def _field(part: str, id_: str) -> Field:
    """Return what asks for one answer; the help stands under what takes one."""
    label = f"own.{id_.rstrip('12')}"
    if part == CONTACTS:
        return Field(name=id_, label=label, required=False, longest=30 if id_.startswith("phone") else 100)
    return LongText(name=id_, label=label, help=f"{label}_help", required=False, longest=_LONGEST, rows=4)


FORMS: Final[Mapping[str, Form]] = {part: Form(*(_field(part, id_) for id_ in ids)) for part, ids in PARTS.items()}


def may_tell(work: Work, opened: Opened) -> bool:
    """Say whether the one who looks may write it: the person, and who decides for them."""
    labels = Labels(type="QuestionnaireResponse", author=work.actor.key)
    return opened.decides and asked(work, opened.facts, labels, Act.WRITE).permit


async def page(work: Work, opened: Opened, hidden: tuple[tuple[str, str], ...]) -> model.OwnWords:
    """Return the page: each part with its words, and where they are changed."""
    words, may = own_words.told(opened.parts[NAME]), may_tell(work, opened)
    parts = tuple(
        model.OwnPart(
            name=part, title=texts().plain(f"own.part_{part}"), answers=shown(part, words.parts.get(part, {})),
            edit_href=opened.href(EDIT, **{"del": part}) if may else "",
        )
        for part in PARTS
    )  # fmt: skip
    version = str(await own_words.version(work, opened.parts[NAME]))
    return model.OwnWords(parts=parts, at=words.at, action=PAGE, hidden=(*hidden, ("versjon", version)))


def shown(part: str, answers: own_words.Answers) -> tuple[tuple[str, str], ...]:
    """Return question and answer as people read them; a contact in one line."""
    if part != CONTACTS:
        return tuple((texts().plain(f"own.{id_}"), said) for id_, said in answers.items())
    return tuple((texts().plain("own.contact"), one) for one in own_words.contacts(answers))


def part_of(given: Mapping[str, str]) -> str:
    """Return the part that an address or a form names. Raises Refused AK-J001 where there is none."""
    if (part := given.get("del", "")) not in PARTS:
        raise Refused("AK-J001")
    return part


def blank(opened: Opened, part: str) -> Filled:
    """Return the form with what is told already."""
    return FORMS[part].blank(**own_words.told(opened.parts[NAME]).parts.get(part, {}))


async def editing(work: Work, opened: Opened, part: str, hidden: tuple[tuple[str, str], ...]) -> model.OwnEditing:
    """Return the page with the form."""
    version = str(await own_words.version(work, opened.parts[NAME]))
    return model.OwnEditing(
        title=texts().plain(f"own.part_{part}"), lead=texts().plain(f"own.lead_{part}"), action=EDIT,
        back=opened.href(PAGE), hidden=(*hidden, ("del", part), ("versjon", version)),
    )  # fmt: skip


async def tell(work: Work, opened: Opened, part: str, values: Mapping[str, Any], version: str) -> None:
    """Write a part; without any words it is taken back. Raises Refused AK-A001 for who does not decide, AK-J003."""
    if not may_tell(work, opened):
        raise Refused("AK-A001")
    questions = {id_: texts().plain(f"own.{id_.rstrip('12')}") for ids in PARTS.values() for id_ in ids}
    heads = {name: texts().plain(f"own.part_{name}") for name in PARTS}
    answers = {id_: str(values.get(id_) or "") for id_ in PARTS[part]}
    await own_words.tell(work, opened.identity.id, opened.parts[NAME], part, answers, asked=questions | heads,
                         drawn=sent.version(version))  # fmt: skip


async def told(work: Work, opened: Opened, part: str, filled: Filled, version: str) -> Filled | None:
    """Write what was filled in; return the form again with why not, None when it is written."""
    if not filled.valid:
        return filled
    try:
        await tell(work, opened, part, filled.values, version)
    except Refused as refused:
        await undo(work)
        return filled.with_refused(refused)
    return None
