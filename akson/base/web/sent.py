"""What a browser sent: read within bounds, from a page of ours, and the same as before or not."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from akson.base.errors import Refused

LARGEST_FORM = 2_000_000  # bytes
_CONTROLS = dict.fromkeys(set(range(32)) - {9, 10, 13})  # nobody types them; a paste from elsewhere may hold them
_LONG = 10  # digits that no version has


async def pairs(request: Request) -> list[tuple[str, str]]:
    """Read a form's names and values; control characters, which a resource cannot hold, are left out."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            raise Refused("AK-J009", limit=LARGEST_FORM)
    try:
        found = parse_qsl(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=500)
    except ValueError:
        raise Refused("AK-J009", limit=LARGEST_FORM) from None
    return [(name, value.translate(_CONTROLS)) for name, value in found]


def sending(token: str, path: str, form: Iterable[tuple[str, str]]) -> str:
    """Return what makes a sending the same as another: the same form, sent to the same place with the same content."""
    content = repr(sorted(pair for pair in form if pair[0] != "_csrf"))
    return f"{token} {path} {hashlib.sha256(content.encode()).hexdigest()}"


def to_sign_in(request: Request, *, comes_back: bool) -> Response:
    """Lead whoever comes to a page to sign in, and back to it; what a script of a page asks for is 401, led nowhere.

    A draft that was on its way when the screen was locked would else change which page its writer goes on at.

    comes_back  there is a page at this address; without one the page that was kept stands
    """
    if request.headers.get("sec-fetch-mode", "navigate") != "navigate":
        return Response(status_code=401)
    return RedirectResponse("/logg-inn" + (f"?til={quote(request.url.path)}" if comes_back else ""), 303)


def same_origin(request: Request) -> None:
    """Refuse a form sent from another site, as far as the browser tells; "null" is what it tells of ours too."""
    origin = request.headers.get("origin", "null")
    elsewhere = origin != "null" and urlsplit(origin).netloc != request.headers.get("host")
    if elsewhere or request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise Refused("AK-W001")


def same_session(sent: str, secret: str) -> None:
    """Refuse a form that was not drawn for this session."""
    if not secret or not hmac.compare_digest(sent.encode(), secret.encode()):
        raise Refused("AK-W001")


def version(text: str) -> int:
    """Return the version a form was drawn from; what is no number is a version there never was."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < _LONG else 0


def place(text: str, among: int) -> int:
    """Return which of so many things an address names, the first being 0. Raises Refused AK-J001 when it names none."""
    if not (text.isascii() and text.isdigit() and len(text) < _LONG and int(text) < among):
        raise Refused("AK-J001")
    return int(text)


def local(to: str) -> str:
    """Return `to` if it is a page of ours, else "": no form of ours leads anybody astray."""
    plain = to.startswith("/") and not to.startswith("//") and "\\" not in to and to.isprintable()
    return to if plain and len(to) <= 2000 else ""
