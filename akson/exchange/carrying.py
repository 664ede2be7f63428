"""The files that go with a message: those of the documents it tells of that are no words of our own."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from akson.base.errors import Refused
from akson.base.work import Work
from akson.exchange import letterparts
from akson.exchange.envelope import Attachment
from akson.record import journal


async def files(work: Work, beside: Sequence[Mapping[str, Any]]) -> tuple[Attachment, ...]:
    """Return the files of the DocumentReferences among the resources a message tells of.

    Raises   Refused AK-X032 a file lies elsewhere; as a read of the record: no file is left out in silence
    """
    documents = [one for one in beside if one["resourceType"] == "DocumentReference" and not letterparts.is_words(one)]
    carried = [(each["attachment"], one) for one in documents for each in one.get("content", ())]
    return tuple([await _file(work, attachment, one) for attachment, one in carried])


async def _file(work: Work, attachment: Mapping[str, Any], document: Mapping[str, Any]) -> Attachment:
    kind, data, url = attachment.get("contentType", ""), attachment.get("data", ""), str(attachment.get("url", ""))
    if not data and url.startswith("Binary/"):
        binary = (await journal.read(work, *url.split("/", 1))).resource
        kind, data = kind or binary.get("contentType", ""), binary.get("data", "")
    if not data:
        raise Refused("AK-X032", type="DocumentReference")
    title = str(attachment.get("title") or document.get("description") or "Dokument")
    return Attachment(title=title, mime=kind or "application/octet-stream", data=base64.b64decode(data))
