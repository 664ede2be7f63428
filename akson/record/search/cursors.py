"""Where a page begins, as opaque text: JSON in base64, good in an address."""

from __future__ import annotations

import base64
from typing import TypeVar

import msgspec

from akson.base.errors import Refused

Place = TypeVar("Place")


def written(place: object) -> str:
    """Return a place among hits as text."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def read(text: str, kind: type[Place], name: str = "_after") -> Place:
    """Return the place that `written` has made a text of. Raises Refused AK-S002 when it is none of this kind.

    name   of the parameter that carries it
    """
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text + "=="), type=kind)
    except (ValueError, msgspec.MsgspecError):
        raise Refused("AK-S002", name=name) from None
