"""Other organisations that hold something about the patients here, and can be asked for one of our staff at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import httpx


class Vouching(Protocol):
    """What goes along with a question. details: our attestation; patient: the national number, in a header."""

    @property
    def details(self) -> Mapping[str, Any]: ...

    @property
    def patient(self) -> str: ...


class Source(Protocol):
    """One organisation, asked. number: of Enhetsregisteret; base: of its FHIR API, without a slash at the end."""

    @property
    def name(self) -> str: ...

    @property
    def number(self) -> str: ...

    @property
    def base(self) -> str: ...

    async def get(self, vouched: Vouching, path: str) -> httpx.Response:
        """Return what is answered to a read or a search. Raises Refused AK-L004: no token, or no answer."""
        ...
