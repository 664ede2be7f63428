"""Documents to read, as PDF: parts with headings, each with lines of text. Pure but for the setting."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from pathlib import Path

import msgspec
import typst

from akson.base.languages import language
from akson.base.web.messages import texts
from akson.base.web.render import full_date, local


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One entry: what, when and by whom, and what it says."""

    title: str
    about: str = ""
    text: str = ""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Entries under a heading."""

    head: str
    lines: tuple[Line, ...]


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """All that stands in the document. name, born and made stand on every page."""

    language: str
    title: str
    name: str
    born: str
    made: str
    lead: str
    page: str  # "Side"
    of: str  # "av"
    none: str  # what stands under a heading without entries
    parts: tuple[Part, ...]


def paper(title: str, lead: str, parts: Iterable[Part], *, name: str, born: date | None, now: datetime) -> Paper:
    """Return a document about a person, in the language of the one who asks for it."""
    t = texts().plain
    return Paper(
        language=language(), title=title, name=name, born=t("paper.born", day=full_date(born)) if born else "",
        made=t("paper.made", day=full_date(local(now).date())), lead=lead, page=t("paper.page"), of=t("paper.page_of"),
        none=t("paper.none"), parts=tuple(parts),
    )  # fmt: skip


def printed(paper_: Paper, now: datetime) -> bytes:
    """Return the document as a PDF with headings and tags that a screen reader follows.

    Takes a moment of CPU: to be called in a thread. What people have written is given as data and never read as markup.
    """
    made = typst.compile(
        _setting(), sys_inputs={"data": msgspec.json.encode(paper_).decode()}, format="pdf", font_paths=_fonts(),
        timestamp=int(now.timestamp()),
    )  # fmt: skip
    return bytes(made)


@cache
def _setting() -> bytes:
    return (Path(__file__).parent / "printing.typ").read_bytes()


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False)  # the same page wherever it is made
