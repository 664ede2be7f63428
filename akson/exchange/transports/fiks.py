"""KS Fiks bekymringsmelding: reports of children to the barnevern of their municipality, over REST.

Who calls is known by a token of Maskinporten and by an integration. What goes is a signed container that only the
receiver's system can read, and beside it the same on paper, that only Fiks' printer can read: what no system fetches,
Fiks prints and posts. From its first answer on Fiks answers for the report. A report carries no id that Fiks would
know again: where that answer is lost nobody can tell whether it was taken, so it is never sent twice by itself, and
who reported is asked to ring.

Source  KS Fiks, API v2 for systems that report (docs/sources.md#barnevern)
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeVar
from uuid import UUID

import httpx
import msgspec

from akson.base.errors import Refused
from akson.base.web.printing import Line, Part, paper, printed
from akson.exchange import asice, concern
from akson.exchange.addresses import FIKS
from akson.exchange.asice import Seal
from akson.exchange.carriers import ONCE, TOO_LATE, Came, Delivery, Goes, Handed, Said
from akson.exchange.nodes import OSLO
from akson.exchange.outbox import Claimed, Unconfirmed
from akson.exchange.states import Event
from akson.record.office import Office
from akson.signin.maskinporten import Maskinporten

LOG = logging.getLogger("akson.exchange.fiks")
SCOPE: Final = "ks:fiks"
LARGEST: Final = 5_000_000  # bytes of a report: Fiks takes no more
AWAY: Final = "Fiks bekymringsmelding svarer ikke."
UNKNOWN: Final = ONCE["fiks"]
NOT_LET_IN: Final = "Fiks bekymringsmelding slipper oss ikke inn."
CLOSED: Final = "Kommunen tar ikke imot bekymringsmeldinger gjennom Fiks."
NOT_TAKEN: Final = "Fiks bekymringsmelding tar ikke imot meldingen (feil {status})."
TOO_LARGE: Final = "Meldingen er for stor for Fiks bekymringsmelding."
_DONE, _PRINTED = "LEVERT", "SENDT_PRINT"
_OUR_FAULT: Final = (401, 403)
_LATER: Final = (408, 425, 429, 503)  # it says that it has not done what was asked
_NOTHING_LEFT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_IS_AWAY: Final = Handed(Came.AWAY, why=AWAY)
_IS_UNKNOWN: Final = Handed(Came.UNKNOWN, why=UNKNOWN)
Told = TypeVar("Told")


class District(msgspec.Struct, frozen=True, rename="camel"):
    """One barnevern of a municipality."""

    bydelsnummer: str
    bydelsnavn: str = ""
    standard_mottaker: bool = False


class PublicKey(msgspec.Struct, frozen=True):
    """A certificate in PEM."""

    nokkel: str


class Keys(msgspec.Struct, frozen=True):
    """Whom the two parts of a report are hidden for."""

    print_key: PublicKey = msgspec.field(name="printOffentligNokkel")
    system_key: PublicKey = msgspec.field(name="fiksIOOffentligNokkel")


class Taken(msgspec.Struct, frozen=True):
    """What Fiks calls a report it has taken."""

    uuid: UUID


class Step(msgspec.Struct, frozen=True):
    """One thing that has happened to a report."""

    tilstand: str
    tidspunkt: str = ""


class _Not(Exception):
    """It was not taken; handed: what to say of it."""

    def __init__(self, handed: Handed) -> None:
        super().__init__(handed.why)
        self.handed = handed


@dataclass(frozen=True, kw_only=True)
class Fiks:
    """Our end. url: of the service, without a slash at the end; organisation: what Fiks calls us, a UUID."""

    url: str
    organisation: str
    integration: str
    password: str = field(repr=False)
    seal: Seal = field(repr=False)
    tokens: Maskinporten

    async def turn(self, office: Office) -> int:
        """Fetch nothing: what the barnevern answers comes as messages."""
        return 0

    async def ready(self, claimed: Claimed) -> Handed | Goes:
        """Hide one report for the barnevern that its address names, or for the one the municipality has said is usual.

        Returns  what sends it, once and for all
        """
        municipality, _, wanted = claimed.endpoint.removeprefix(FIKS).partition("/")
        try:
            district = await self._district(municipality, wanted)
            there = f"{municipality}/{district.bydelsnummer}"
            keys = _read(await self._asked("GET", f"/api/v2/mottak/fagsystem/{there}/krypteringsnokler"), Keys)
            files = await self._files(claimed.body, district, keys)
        except _Not as refused:
            return refused.handed
        return partial(self._post, f"/api/v2/mottak/fagsystem/{self.organisation}/{there}/offentlig", files)

    async def _post(self, path: str, files: Mapping[str, Any], still: Callable[[], bool]) -> Handed:
        try:
            answer = await self._asked("POST", path, files, lost=_IS_UNKNOWN, still=still)
            taken = _read(answer, Taken, lost=_IS_UNKNOWN)
        except _Not as refused:
            return refused.handed
        return Handed(Came.TAKEN, id=str(taken.uuid))

    async def ask(self, asked: Unconfirmed) -> Said:
        """Ask what became of a report: delivered to the barnevern's system, or printed and posted."""
        path = f"/api/v2/mottak/fagsystem/{self.organisation}/bekymringsmelding/{asked.carrier_id}/status"
        try:
            steps = _read(await self._asked("GET", path), list[Step])
        except _Not as refused:
            return Said(delivery=Delivery.AWAY if refused.handed.came is Came.AWAY else Delivery.UNKNOWN)
        seen = {one.tilstand for one in steps}
        if _DONE not in seen:
            return Said(delivery=Delivery.UNDERWAY)
        return Said(delivery=Delivery.ACKNOWLEDGED, apprec=Event.POST if _PRINTED in seen else Event.ACCEPT)

    async def _district(self, municipality: str, wanted: str) -> District:
        """Return whom a report goes to. Raises _Not where the municipality takes none this way."""
        known = _read(await self._asked("GET", f"/api/v2/kommuner/{municipality}/bydeler"), list[District])
        named = [one for one in known if one.bydelsnummer == wanted]
        usual = [one for one in known if one.standard_mottaker]
        if not known:
            raise _Not(Handed(Came.REFUSED, why=CLOSED))
        return next(iter((*named, *usual, *known)))

    async def _files(self, body: bytes, district: District, keys: Keys) -> Mapping[str, Any]:
        """Return both parts of a report, hidden: raises _Not where the keys are none, or it is too large."""
        written = concern.in_district(msgspec.json.decode(body), district.bydelsnummer, district.bydelsnavn)
        page = await asyncio.to_thread(on_paper, written)
        box = asice.container(
            {"bekymringsmelding.json": msgspec.json.encode(written), "bekymringsmelding.pdf": page}, self.seal
        )
        try:
            hidden = asice.sealed_for(asice.certificate(keys.system_key.nokkel), box)
            paper_ = asice.sealed_for(asice.certificate(keys.print_key.nokkel), page)
        except ValueError:
            raise _Not(Handed(Came.LATER, why=AWAY)) from None
        if len(hidden) + len(paper_) > LARGEST:
            raise _Not(Handed(Came.REFUSED, why=TOO_LARGE))
        kind = "application/octet-stream"
        return {"bekymringsmelding": ("bekymringsmelding.pdf", paper_, kind), "asice": ("asice.zip", hidden, kind)}

    async def _asked(
        self,
        method: str,
        path: str,
        files: Mapping[str, Any] | None = None,
        *,
        lost: Handed = _IS_AWAY,
        still: Callable[[], bool] | None = None,
    ) -> httpx.Response:
        """Return a good answer. Raises _Not with what to say of any other, and of none.

        lost    what to say where it may have been done, and the answer is none
        still   whether it is to be asked at all, as the request leaves; None: it is
        """
        headers = await self._headers()
        if still is not None and not still():
            raise _Not(TOO_LATE)
        try:
            answer = await self.tokens.http.request(
                method, f"{self.url}{path}", headers=headers, files=files, follow_redirects=False
            )
        except httpx.HTTPError as why:
            LOG.warning("fiks does not answer", extra={"failure": type(why).__name__})
            raise _Not(_IS_AWAY if isinstance(why, _NOTHING_LEFT) else lost) from None
        status = answer.status_code
        if status in _OUR_FAULT:
            self.tokens.forget()
            raise _Not(Handed(Came.AWAY, why=NOT_LET_IN))
        if status >= 500 or status in _LATER:
            raise _Not(_IS_AWAY if status in _LATER else lost)
        if status >= 300:
            raise _Not(Handed(Came.REFUSED, why=NOT_TAKEN.format(status=status)))
        return answer

    async def _headers(self) -> dict[str, str]:
        """Return who we are. Raises _Not where we are given no token."""
        try:
            token = await self.tokens.token()
        except (httpx.HTTPError, Refused) as why:
            LOG.warning("no token for fiks", extra={"failure": type(why).__name__})
            raise _Not(_IS_AWAY) from None
        return {
            "authorization": f"Bearer {token}", "accept": "application/json",
            "IntegrasjonId": self.integration, "IntegrasjonPassord": self.password,
        }  # fmt: skip


def on_paper(written: concern.Document) -> bytes:
    """Return a report as a PDF. Takes a moment of CPU."""
    now = datetime.fromisoformat(written["sendingstidspunkt"]).replace(tzinfo=OSLO)
    lines = tuple(Line(title=head, text=text) for head, text in concern.in_words(written))
    made = paper("Bekymringsmelding til barnevernet", _receiver(written), [Part(head="Meldingen", lines=lines)],
                 name=written["offentligBarn"][0]["personnavn"], born=None, now=now)  # fmt: skip
    return printed(made, now)


def _receiver(written: concern.Document) -> str:
    parts: Sequence[str] = (written["bydelsnavn"], written["kommunenavn"])
    return f"Til barnevernstjenesten, {', '.join(filter(None, parts))}"


def _read(answer: httpx.Response, shape: type[Told], *, lost: Handed = _IS_AWAY) -> Told:
    """Return the JSON of an answer. Raises _Not, with `lost`, where it is something else."""
    try:
        return msgspec.json.decode(answer.content, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise _Not(lost) from None
