"""Files are searched for malware before they are taken and before they are handed over, where there is a scanner.

When it is away nothing is taken or handed over; what a message brought is kept, for it is asked about again before
anybody opens it. What a phased-out system held is loaded as it was, likewise.
"""

from __future__ import annotations

from collections.abc import Sequence

from akson.access.roles import OWN_JOB, loads
from akson.base.clamd import ScannerAway
from akson.base.errors import Refused
from akson.base.work import Work
from akson.fhir import files
from akson.record.drafts import Draft, tell_place


async def refuse_malware(work: Work, drafts: Sequence[Draft]) -> None:
    """Refuse what programs and people bring when there is malware in a file of it.

    Raises  Refused AK-F038 found, AK-F039 the scanner is away; with the path
    """
    if work.office.scanner is None or loads(work.actor) or OWN_JOB in work.actor.scopes:
        return
    for draft in drafts:
        if draft.brings and files.may_hold(draft.body):
            for path, data in files.held(draft.resource or {}):
                try:
                    await refuse(work, data, path=path)
                except Refused as refused:
                    tell_place(refused, draft)
                    raise


async def refuse(work: Work, data: bytes, *, path: str | None = None) -> None:
    """Refuse one file with malware in it; one that cannot be searched too.

    Raises  Refused AK-F038, AK-F039
    """
    if work.office.scanner is None:
        return
    try:
        name = await work.office.scanner.found(data)
    except ScannerAway:
        raise Refused("AK-F039", path=path) from None
    if name:
        raise Refused("AK-F038", path=path, name=name)
