"""What an issuer publishes about itself, fetched with a deadline and kept for a while. No redirect is followed."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

import httpx
import msgspec

from akson.base.errors import Refused
from akson.signin import jose
from akson.signin.jose import BadToken, Key
from akson.signin.keys import Keyring

KEEP = timedelta(hours=1)
_LARGEST = 1_000_000  # bytes of an answer: whoever sends more wants our memory
_IN_ALL = 10  # seconds, however slowly it drips
_OF_TRANSFER = frozenset(
    {"content-encoding", "content-length", "transfer-encoding"}
)  # say nothing of what was unpacked
AGAIN = timedelta(seconds=10)  # between two looks for a key we do not know
T = TypeVar("T")


class Metadata(msgspec.Struct, frozen=True):
    """The part of a discovery document that we use."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    pushed_authorization_request_endpoint: str
    jwks_uri: str
    end_session_endpoint: str = ""
    authorization_response_iss_parameter_supported: bool = False

    @property
    def addresses(self) -> tuple[str, ...]:
        return (
            self.authorization_endpoint, self.token_endpoint, self.pushed_authorization_request_endpoint, self.jwks_uri,
            *filter(None, [self.end_session_endpoint]),
        )  # fmt: skip


class KeySet(msgspec.Struct, frozen=True):
    """A published JWK set."""

    keys: list[dict[str, Any]]


class KeySource(Protocol):
    """Where an issuer's verification keys come from."""

    async def key(self, kid: object, now: datetime) -> Key:
        """Return the key called `kid`, or raise BadToken."""
        ...


class OwnKeys:
    """The keys of our own issuer: no request to ourselves."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    async def key(self, kid: object, now: datetime) -> Key:
        key = jose.select(self._keyring.public["keys"], kid)
        if key is None:
            raise BadToken("unknown key")
        return key


class Remote:
    """One issuer, seen over HTTP."""

    def __init__(self, issuer: str, http: httpx.AsyncClient) -> None:
        self._issuer, self._http = issuer, http
        self._metadata: tuple[datetime, Metadata] | None = None
        self._keys: tuple[datetime, KeySet] | None = None

    async def metadata(self, now: datetime) -> Metadata:
        """Return the issuer's discovery document.

        Raises Refused AK-L004 when it cannot be had or names another issuer
        """
        if self._metadata is None or now - self._metadata[0] > KEEP:
            found = await self._get(f"{self._issuer}/.well-known/openid-configuration", Metadata)
            if found.issuer != self._issuer:
                raise Refused("AK-L004", detail="the discovery document names another issuer")
            refuse_open(self._issuer, *found.addresses)
            self._metadata = now, found
        return self._metadata[1]

    async def key(self, kid: object, now: datetime) -> Key:
        """Return the key called `kid`; one we do not know is looked for again, but not all the time."""
        held = self._keys
        if held is None or now - held[0] > (AGAIN if jose.select(held[1].keys, kid) is None else KEEP):
            held = now, await self._get((await self.metadata(now)).jwks_uri, KeySet)
            self._keys = held
        key = jose.select(held[1].keys, kid)
        if key is None:
            raise BadToken("unknown key")
        return key

    async def _get(self, url: str, shape: type[T]) -> T:
        answer = await send(self._http, "GET", url)
        if answer.status_code != 200:
            raise Refused("AK-L004", detail=f"status {answer.status_code}")
        return parsed(answer, shape)


def refuse_open(issuer: str, *addresses: str) -> None:
    """Raise Refused AK-L004 when an issuer that is asked by https names an address that is not."""
    if issuer.startswith("https://") and not all(url.startswith("https://") for url in addresses):
        raise Refused("AK-L004", detail="the issuer names an address without https")


async def send(http: httpx.AsyncClient, method: str, url: str, **more: Any) -> httpx.Response:
    """Send one request, following no redirect; raise Refused AK-L004 when no answer of a fit size comes in time."""
    try:
        async with (
            asyncio.timeout(_IN_ALL),
            http.stream(method, url, follow_redirects=False, timeout=5, **more) as answer,
        ):
            content = b""
            async for part in answer.aiter_bytes():
                content += part
                if len(content) > _LARGEST:
                    raise Refused("AK-L004", detail="the answer is too large")
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError):
        raise Refused("AK-L004", detail="no answer") from None
    kept = [(name, value) for name, value in answer.headers.multi_items() if name not in _OF_TRANSFER]
    return httpx.Response(answer.status_code, headers=kept, content=content, request=answer.request)


def parsed(answer: httpx.Response, shape: type[T]) -> T:
    """Return the JSON of `answer` as `shape`, or raise Refused AK-L004."""
    try:
        return msgspec.json.decode(answer.content, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Refused("AK-L004", detail="not the expected JSON") from None
