"""Keeps malware that came with a message out of the record; the message itself is kept as it came."""

from __future__ import annotations

from dataclasses import replace

from akson.base.clamd import Scanner, ScannerAway
from akson.exchange.envelope import Attachment, Envelope


async def cleaned(envelope: Envelope, scanner: Scanner | None) -> Envelope:
    """Return the message without the bytes of files that malware was found in.

    A message does not wait for a scanner that is away: its files are searched before anybody opens them.
    """
    kept = list[Attachment]()
    for attachment in envelope.attachments:
        name = ""
        try:
            if scanner is not None and attachment.data:
                name = await scanner.found(attachment.data)
        except ScannerAway:
            scanner = None  # nor is it asked about the next ones
        kept.append(replace(attachment, data=b"", malware=name) if name else attachment)
    return replace(envelope, attachments=tuple(kept))
