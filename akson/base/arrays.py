"""Arrays as PostgreSQL writes them: one text for a whole column, cast where it is used (`$1::text::bigint[]`).

The driver asks of every element of a list whether it is a list itself, which costs more than all the rest of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

_json = msgspec.json.Encoder(decimal_format="string").encode
# The driver writes the first and the last time there is as these, so a column must too, or they compare as others.
_ENDS = {'"0001-01-01T00:00:00Z"': '"-infinity"', '"9999-12-31T23:59:59.999999Z"': '"infinity"'}
_FIRST, _LAST = _ENDS  # by name: this is asked for each of some hundred columns of a write
_plain = msgspec.json.Decoder(list[str | None]).decode


def literal(column: Sequence[str | None] | Sequence[int | None] | Sequence[datetime | None] | Sequence[Decimal]) -> str:
    r"""Return a flat array: numbers, truths, times with a zone or texts; None is NULL.

    A JSON list is an array literal too, but for its brackets, as long as nothing in it had to be escaped.

    literal([1, None]) is {1,null}; literal(['null', 'a"b']) is {"null","a\"b"}
    """
    text = _json(column).decode()
    if (_FIRST in text or _LAST in text) and any(isinstance(one, datetime) for one in column):
        for end, written in _ENDS.items():
            text = text.replace(end, written)
    return "{" + (text[1:-1] if "\\" not in text else ",".join(map(_quoted, _plain(text)))) + "}"


def _quoted(value: str | None) -> str:
    return "null" if value is None else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
