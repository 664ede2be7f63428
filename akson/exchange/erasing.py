"""Lets go of messages when what they became is erased: the bytes go; the ids, times and receipts stay.

The same bytes are still known when they come again: they are answered as before, and not filed a second time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from akson.base.database import Database
from akson.base.jobs import Consumer, News
from akson.base.queries import queries
from akson.base.work import Work
from akson.fhir import types
from akson.record import journal
from akson.record.search.searching import search

SQL = queries(__file__)
_MADE: Final = ("DiagnosticReport/", "QuestionnaireResponse/", "List/", "Appointment/")
_COMMUNICATION: Final = types.code_of("Communication")


def consumer(eraser: Database) -> Consumer:
    """Return the consumer that empties the messages behind erased Communications."""

    async def handle(news: News) -> None:
        erased = [id_ for id_, version in zip(news.ids, news.versions, strict=True) if version == 0]
        if erased:
            await eraser.fetchval(SQL.erase, news.owner, erased)

    return Consumer(name="exchange", types=frozenset({_COMMUNICATION}), handle=handle)


async def all_of(work: Work, communication: str) -> list[str]:
    """Return all that one message is in the record: the Communication (by id), its attachments, tasks and reports.

    What was filed in the wrong record leaves it as one decision.
    """
    message = await journal.read(work, "Communication", communication)
    parts = [part.get("contentReference", {}).get("reference", "") for part in message.resource.get("payload", [])]
    documents = [part for part in parts if part.startswith("DocumentReference/")]
    files = [
        content["attachment"].get("url", "")
        for document in (await journal.read_many(work, documents)).values()
        for content in document.resource["content"]
    ]
    binaries = [file for file in files if file.startswith("Binary/")]
    tasks = await search(work, "Task", [("focus", message.reference)])
    told = await _told_of(work, [each["reference"] for each in message.resource.get("about", ())])
    told += [*await _stay(work, message.resource), *await _asked(work, message.resource)]
    return [message.reference, *documents, *binaries, *(task.reference for task in tasks.hits), *told]


async def _stay(work: Work, message: Mapping[str, Any]) -> list[str]:
    """Return the hospital stay a message was the first to tell of, and the order that stands on it."""
    encounter = (message.get("encounter") or {}).get("reference", "")
    stays = (await journal.read_many(work, [encounter])).values() if encounter else ()
    if not any(each in stay.resource.get("identifier", ()) for stay in stays for each in message.get("identifier", ())):
        return []
    orders = await search(work, "ServiceRequest", [("encounter", encounter)])
    return [encounter, *(each.reference for each in orders.hits)]


async def _asked(work: Work, message: Mapping[str, Any]) -> list[str]:
    """Return the order that a referral became."""
    named = [each["reference"] for each in message.get("about", ())]
    orders = await journal.read_many(work, [each for each in named if each.startswith("ServiceRequest/")])
    ids = message.get("identifier", ())
    return [name for name, one in orders.items() if any(each in ids for each in one.resource.get("identifier", ()))]


async def _told_of(work: Work, about: list[str]) -> list[str]:
    """Return what was made of a message: its form, proposals and appointments, its reports and what they hold."""
    found: dict[str, None] = {}
    waiting = [each for each in about if each.startswith(_MADE)]
    while waiting := [each for each in dict.fromkeys(waiting) if each not in found]:
        found |= dict.fromkeys(waiting)
        read = await journal.read_many(work, waiting)
        named = [one.resource.get(part, ()) for one in read.values() for part in ("result", "specimen", "hasMember")]
        waiting = [each["reference"] for part in named if isinstance(part, list) for each in part]
    return list(found)
