"""Tells a file whose bytes are not of the type it names, by the first of them. Pure.

Types that are not listed are taken as they come: nothing of ours opens a file, and those are handed over as bytes.

Source: OWASP ASVS 5.0, 5.2.2. ISO 32000-1 7.5.2 and annex H (PDF), PNG 5.2, ITU-T T.81 (JPEG), TIFF 6.0, GIF89a,
DICOM PS3.10 7.1, RTF 1.9.1, ISO/IEC 21320-1 (zip), [MS-CFB] 2.2 (documents of older office programs)
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from akson.fhir.bodies import may_say

_HEAD: Final = 2048  # bytes that are looked at
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_UTF8_MARK: Final = b"\xef\xbb\xbf"
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_RTF: Final = b"{\\rtf"
Look = Callable[[bytes], bool]


def _begins(*with_: bytes) -> Look:
    return lambda head: head.startswith(with_)


def _text(head: bytes) -> bool:
    return head.startswith(_UTF16) or b"\x00" not in head


def _xml(head: bytes) -> bool:
    """Tell whether it begins with a tag, in UTF-8, UTF-16 or anything like ASCII."""
    for mark, width in ((_UTF8_MARK, 1), *((one, 2) for one in _UTF16), (b"", 1)):
        if head.startswith(mark):
            plain = head[len(mark) :].replace(b"\x00", b"") if width == 2 else head[len(mark) :]
            return plain.lstrip(b" \t\r\n").startswith(b"<")
    return False


_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_LOOKS: Final[Mapping[str, Look]] = {
    "application/pdf": lambda head: b"%PDF-" in head[:1024],
    "image/png": _begins(b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": _begins(b"\xff\xd8\xff"),
    "image/jpg": _begins(b"\xff\xd8\xff"),
    "image/gif": _begins(b"GIF87a", b"GIF89a"),
    "image/tiff": _begins(b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"),
    "application/dicom": lambda head: head[128:132] == b"DICM",
    "text/rtf": _begins(_RTF),
    "application/rtf": _begins(_RTF),
    "application/zip": _begins(*_ZIP),
    f"{_OFFICE}wordprocessingml.document": _begins(*_ZIP),
    f"{_OFFICE}spreadsheetml.sheet": _begins(*_ZIP),
    f"{_OFFICE}presentationml.presentation": _begins(*_ZIP),
    "application/vnd.oasis.opendocument.text": _begins(*_ZIP),
    "application/vnd.oasis.opendocument.spreadsheet": _begins(*_ZIP),
    "application/msword": _begins(_COMPOUND, _RTF),
    "application/vnd.ms-excel": _begins(_COMPOUND),
    "application/vnd.ms-powerpoint": _begins(_COMPOUND),
    "application/xml": _xml,
    "text/xml": _xml,
}


def unlike(named: str, head: bytes) -> bool:
    """Tell whether bytes are not of the type they are said to be. head: the first 2048; none are of any type."""
    kind = named.partition(";")[0].strip().lower()
    look = _LOOKS.get(kind)
    if look is None:
        look = _xml if kind.endswith("+xml") else _text if kind.startswith("text/") else None
    return bool(head) and look is not None and not look(head[:_HEAD])


def may_hold(body: bytes) -> bool:
    """Tell whether the text of a resource may have a file in it; most have none, and are not looked through."""
    return may_say(body, b'"contentType"') and may_say(body, b'"data"')


def faults(resource: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (path, type it names) of every file in a resource that is not of that type."""
    for path, named, data in _inside(resource, str(resource.get("resourceType", ""))):
        if unlike(named, _head(data)):
            yield path, named


def held(resource: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Yield (path, bytes) of every file in a resource that names its type."""
    for path, _, data in _inside(resource, str(resource.get("resourceType", ""))):
        yield path, binascii.a2b_base64(data)


def _inside(value: Mapping[str, Any], at: str) -> Iterator[tuple[str, str, str]]:
    """Yield (path, type, base64) of every file."""
    named, data = value.get("contentType"), value.get("data")
    if isinstance(named, str) and isinstance(data, str):
        yield f"{at}.data", named, data
    for name, held in value.items():
        if isinstance(held, dict):
            yield from _inside(held, f"{at}.{name}")
        elif isinstance(held, list):
            for n, one in enumerate(held):
                if isinstance(one, dict):
                    yield from _inside(one, f"{at}.{name}[{n}]")


def _head(data: str) -> bytes:
    """Return the first bytes of what is written in base64; white space may stand in it."""
    written = "".join(data[: _HEAD * 2].split())
    if len(written) < _HEAD * 2 < len(data):
        written = "".join(data.split())[: _HEAD * 2]
    try:
        return binascii.a2b_base64(written[: len(written) // 4 * 4])
    except binascii.Error:
        return b""  # told by the checks of structure
