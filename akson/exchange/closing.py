"""Close what goes: an envelope as bytes, held to the official schemas where the operator has given them.

The other way of `opening`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from akson.base.errors import Refused
from akson.exchange import fagmelding, hodemelding
from akson.exchange.envelope import Envelope
from akson.exchange.safexml import Unreadable, parse


def closed(envelope: Envelope) -> bytes:
    """Return a message as it travels: inside a Hodemelding, or under the head its own standard has."""
    return fagmelding.build(envelope) if fagmelding.is_head(envelope.body) else hodemelding.build(envelope)


def hold(body: bytes, schema: Callable[[Any], None] | None) -> None:
    """Refuse a message that breaks its official schema.

    schema   as Schemas.check; None: the operator has given none, and it must only make sense
    Raises   Refused AK-X031
    """
    if schema is None:
        return
    try:
        schema(parse(body))
    except Unreadable as broken:
        raise Refused("AK-X031", why=broken.fault.text) from None
