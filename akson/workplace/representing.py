"""Insight for the patient's representative: who answers for what is withheld hands it over or says why not."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from functools import partial
from typing import Final
from urllib.parse import quote

from starlette.responses import Response

from akson.base.errors import Refused
from akson.base.web.forms import Choice, Choices, Filled, Form, Hidden, LongText
from akson.base.web.messages import texts
from akson.base.web.screens import Go, Page, Visit
from akson.base.web.sent import place, version
from akson.base.work import Work
from akson.patient import cases, refusing
from akson.patient.cases import Case
from akson.patient.reading import Resource
from akson.record import journal, scanning, withholding
from akson.record.cases import MOST_WORDS, SORTS, TOLD_TO
from akson.record.session import undo
from akson.record.stored import Stored
from akson.workplace import casework, late, telling


def _outcomes() -> Choices:
    return tuple((one, texts().plain(f"demand.told_{one}")) for one in SORTS[TOLD_TO].outcomes)


FORM: Final = Form(
    Choice(name="utfall", label="demand.outcome", choices=partial(_outcomes)),
    LongText(name="svar", label="demand.answer", help="demand.help_told", longest=MOST_WORDS, rows=6),
    Hidden(name="version"),
)


async def page(work: Work, visit: Visit, case: Case) -> Page | Go:
    """Show one request with what is withheld; say that it has been handed over, or why it is not.

    The log has each entry that is shown.
    """
    settled = "AK-B004" if case.closed else ""
    filled = late.filled(FORM, visit, settled=settled, version=case.stored.version)
    if filled.valid:
        try:
            outcome, text, seen = (str(filled.values[name]) for name in ("utfall", "svar", "version"))
            await cases.answer(work, case.stored, version(seen), text=text, outcome=outcome)
            return Go("/krav", said="demand.decided")
        except Refused as refused:
            await undo(work)
            filled = filled.with_refused(refused)
    return await _page(work, case, filled)


async def file(work: Work, case: Case, number: str) -> Response:
    """Hand over a file of what is withheld, to be printed: it is never shown as a page of ours.

    Raises  Refused AK-J001 when there is none of that number, or the case is answered; AK-F038, AK-F039
    """
    found = [] if case.closed or not case.held else _files(await refusing.withheld_in(work, case))
    told = found[place(number, len(found))]
    data = told.get("data") or (await journal.read(work, *told["url"].split("/", 1))).resource.get("data", "")
    content = base64.b64decode(data)
    await scanning.refuse(work, content)
    pdf = told.get("contentType") == "application/pdf" and content.startswith(b"%PDF-")
    name = quote(told.get("title") or f"vedlegg-{number}", safe="")
    return Response(content, media_type="application/pdf" if pdf else "application/octet-stream",
                    headers={"content-disposition": f"attachment; filename*=UTF-8''{name}"})  # fmt: skip


def _files(found: Sequence[Stored]) -> list[Resource]:
    """Return the attachments of entries that are no text on the page itself."""
    given = [one.get("attachment") for hit in found for one in hit.resource.get("content") or ()]
    given += [one.get("contentAttachment") for hit in found for one in hit.resource.get("payload") or ()]
    held = [one for one in given if one and (one.get("data") or str(one.get("url", "")).startswith("Binary/"))]
    return [one for one in held if one.get("url") or not str(one.get("contentType", "")).startswith("text/plain")]


async def _page(work: Work, case: Case, filled: Filled) -> Page:
    t, found = texts().plain, [] if case.closed else await refusing.withheld_in(work, case)
    why = [one for hit in found if (one := withholding.of(hit.resource))]
    shown = casework.Represented(
        **telling.asked(case, work), named=case.named, as_=t(f"demand.as_{case.as_}"), reached=case.reached,
        entries=tuple(telling.entry(one) for one in found),
        why=" ".join(f"{t(f'signed.ground_{one.ground}')}. {one.reason}" for one in why),
        files=tuple((one.get("title") or t("demand.file"), f"/krav/{case.stored.id}/fil/{n}")
                    for n, one in enumerate(_files(found))),
        outcome=t(f"demand.told_{case.outcome}").partition("\n")[0] if case.closed else "",
    )  # fmt: skip
    return Page("krav_representant.html", status=422 if filled.sent else 200, title=shown.title, case=shown,
                **late.drawn(filled, settled=case.closed))  # fmt: skip
