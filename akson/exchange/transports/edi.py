"""NHN's message server over REST (EDI 2.0, MSH API v2). It makes the ebXML, and sees to certificates and encryption.

It has two sorts of word: 201, that it has taken a message, and the delivery state, that the receiver's side has it.
Only the second makes a message delivered here. What it holds for us is stored before it is marked as read.

Source   its OpenAPI description (docs/sources.md)
"""

from __future__ import annotations

import asyncio
import logging
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from uuid import UUID

import httpx
import msgspec

from akson.base.apart import Stopped, apart
from akson.base.errors import Refused
from akson.exchange import inbox, mailboxes
from akson.exchange.calls import in_time
from akson.exchange.carriers import REFUSED_FOR_GOOD, Came, Delivery, Handed, Said
from akson.exchange.messages.apprec import NO_REASON, AppRec, Status
from akson.exchange.opening import opened
from akson.exchange.outbox import Claimed, Unconfirmed
from akson.exchange.safexml import Fault
from akson.exchange.states import Event
from akson.record.office import Office
from akson.signin.machine import Machine

LOG = logging.getLogger("akson.exchange.edi")
API_VERSION: Final = "2"
AWAY: Final = "Meldingstjeneren svarer ikke."
NOT_ALLOWED: Final = "Meldingstjeneren lar oss ikke sende for denne adressen."
UNEXPLAINED: Final = "Mottakeren har meldt feil. Grunnen kunne ikke hentes fra meldingstjeneren."
NOT_TAKEN: Final = "Meldingstjeneren tar ikke imot meldingen (feil {status})."
_AT_ONCE: Final = 100  # messages in one list: the most the API gives
_ADDRESSES: Final = 50  # HER-ids in one question
_TAKEN: Final = 4  # messages that are fetched at a time: one may be 35 MB, and is held a few times over
_ASKED_WHY: Final = 60  # questions for the reason, about an hour: then a refusal is told of though nobody says why
_ENOUGH: Final = 3  # in a row that could not be fetched: the rest waits for the next turn
_NOT_NOW: Final = (401, 408, 429)  # of us, or of now, and not of the message
_FETCHING: Final = "what waits at the message server"
_STATUSES: Final = {Status.OK: "Ok", Status.REJECTED: "Rejected", Status.PARTIAL: "OkErrorInMessagePart"}
_EVENTS: Final = {"Ok": Event.ACCEPT, "Rejected": Event.REJECT, "OkErrorInMessagePart": Event.PARTIAL}


Told = TypeVar("Told")


class Problem(msgspec.Struct, frozen=True, rename="camel"):
    """What each error of the server's own is told in: others stand before it, and know no such request."""

    request_id: str


class Waiting(msgspec.Struct, frozen=True, rename="camel"):
    """A message the server holds for us."""

    id: UUID
    receiver_her_id: int | None = None
    sender_her_id: int | None = None


class Document(msgspec.Struct, frozen=True, rename="camel"):
    """Its content."""

    business_document: str


class ErrorIn(msgspec.Struct, frozen=True, rename="camel"):
    """One error of an AppRec."""

    error_code: str | None = None
    details: str | None = None


class State(msgspec.Struct, frozen=True, rename="camel"):
    """What the server knows of a message for one receiver."""

    receiver_her_id: int
    transport_delivery_state: Delivery
    app_rec_status: str | None = None


class Answer(msgspec.Struct, frozen=True, rename="camel"):
    """The AppRec of one receiver."""

    receiver_her_id: int
    app_rec_error_list: list[ErrorIn] | None = None


@dataclass(frozen=True, kw_only=True)
class Edi:
    """Our end. url: of the API, without a slash at the end; software: our name and version, told in each request."""

    url: str
    machine: Machine
    software: str
    _trouble: dict[str, str] = field(default_factory=dict, init=False, repr=False)
    _kept_back: set[UUID] = field(default_factory=set, init=False, repr=False)
    _refused: set[int] = field(default_factory=set, init=False, repr=False)  # addresses that we may not send for

    async def turn(self, office: Office) -> int:
        """Fetch what waits for us; return how many messages that were."""
        return await self.fetch(office)

    async def hand_over(self, claimed: Claimed) -> Handed:
        """Post one message, or the receipt of one that came this way."""
        receipt = opened(claimed.body).receipt if claimed.type == "APPREC" and _is_id(claimed.answers_id) else None
        path, body = f"/Messages/{claimed.answers_id}/apprec/{claimed.sender}", _receipt(receipt) if receipt else {}
        if receipt is None:
            document = b64encode(claimed.body).decode()
            path, body = "/Messages", {
                "businessDocument": document, "contentType": "application/xml", "contentTransferEncoding": "base64",
            }  # fmt: skip
        answer = await self._call("POST", path, body)
        if answer is None:
            return Handed(Came.AWAY, why=AWAY)
        given = _read(answer, UUID) if answer.status_code == 201 else None
        if given is not None:
            self._lets_send(claimed.sender, answer.status_code)
            return Handed(Came.TAKEN, id=str(given))
        if _refuses(answer, answers=receipt is not None):
            return Handed(Came.REFUSED, why=NOT_TAKEN.format(status=answer.status_code))
        if answer.status_code != 403 or not _is_theirs(answer):
            return Handed(Came.AWAY, why=AWAY)
        self._lets_send(claimed.sender, answer.status_code)
        return Handed(Came.LATER, why=NOT_ALLOWED)

    def _lets_send(self, her_id: int, status: int) -> None:
        """Leave a line in the log when the server begins to refuse what an address sends, and when that is over."""
        if status == 403 and her_id not in self._refused:
            self._refused.add(her_id)
            LOG.error("the message server does not let us send for %d", her_id, extra={"status": status})
        elif status == 201 and her_id in self._refused:
            self._refused.discard(her_id)
            LOG.info("the message server lets us send for %d again", her_id)

    async def fetch(self, office: Office) -> int:
        """Store what waits for us, and say so afterwards: twice rather than not at all. One worker does at a time."""
        async with office.database.alone(_FETCHING) as alone:
            return await self._fetch(office) if alone else 0

    async def _fetch(self, office: Office) -> int:
        touched = 0
        for ours in await mailboxes.to_ask(office.database, office.clock()):
            for start in range(0, len(ours), _ADDRESSES):
                touched += await self._fetch_for(office, ours[start : start + _ADDRESSES])
        return touched

    async def _fetch_for(self, office: Office, her_ids: Sequence[int]) -> int:
        """Store what waits for some of our addresses. Where that is refused, for half of them at a time."""
        answer = await self._list(her_ids)
        if answer is None:
            return 0
        if answer.is_success:
            await mailboxes.let_in(office.database, her_ids)
            waits = deque(_each(answer, Waiting))
            return sum(await asyncio.gather(*(self._take_some(office, waits) for _ in range(_TAKEN))))
        if len(her_ids) == 1:
            await mailboxes.refuse(office.database, her_ids[0], answer.status_code, office.clock())
            return 0
        half = len(her_ids) // 2
        return await self._fetch_for(office, her_ids[:half]) + await self._fetch_for(office, her_ids[half:])

    async def _list(self, her_ids: Sequence[int]) -> httpx.Response | None:
        """Return what the server itself answers when it is asked what waits; None where it does not."""
        params = httpx.QueryParams({
            "ReceiverHerIds": [str(each) for each in her_ids], "IncludeMetadata": "true",
            "MessagesToFetch": str(_AT_ONCE), "OrderBy": "Ascending",
        })  # fmt: skip
        answer = await self._call("GET", "/Messages", params=params)
        return answer if answer is not None and _is_theirs(answer) else None

    async def _take_some(self, office: Office, waits: deque[Waiting]) -> int:
        """Take the next of what waits, until nothing is left; return how many. Others do the same beside it."""
        taken, failed = 0, 0
        while waits and failed < _ENOUGH:
            done = await apart(self._take(office, waits.popleft()))
            if isinstance(done, Stopped):
                LOG.error("a message could not be fetched", extra={"failure": done.failure})
            taken += done is True
            failed = 0 if done is True else failed + (done is not None)
        return taken

    async def _take(self, office: Office, waiting: Waiting) -> bool | None:
        """Store one message and mark it as read; False when the server fails, None when it holds this one back."""
        answer = await self._call("GET", f"/Messages/{waiting.id}/business-document")
        if answer is None or answer.status_code != 200 or waiting.receiver_her_id is None:
            return self._withheld(waiting, answer)
        await inbox.keep(
            office.database, _content(answer), now=office.clock(), envelope_id=str(waiting.id),
            envelope_from=waiting.sender_her_id or inbox.NOT_NAMED, envelope_to=waiting.receiver_her_id,
        )  # fmt: skip
        read = await self._call("PUT", f"/Messages/{waiting.id}/read/{waiting.receiver_her_id}")
        return True if read is not None and read.status_code == 204 else self._withheld(waiting, read)

    def _withheld(self, waiting: Waiting, answer: httpx.Response | None) -> bool | None:
        """Tell a server that fails from a message it holds back: that a line in the log says, once."""
        if answer is None:
            return False
        if waiting.id not in self._kept_back:
            LOG.error("the message server holds a message back", extra={"status": answer.status_code})
        self._kept_back.add(waiting.id)
        return None

    async def ask(self, asked: Unconfirmed) -> Said:
        """Ask the server for the state of one message."""
        answer = await self._call("GET", f"/Messages/{asked.carrier_id}/status")
        if answer is None:
            return Said(delivery=Delivery.AWAY)
        if answer.status_code != 200:
            gone = answer.status_code == 404 and _is_theirs(answer)
            return Said(delivery=Delivery.GONE if gone else Delivery.UNKNOWN)
        told = _each(answer, State)
        mine = next((each for each in told if each.receiver_her_id == asked.receiver), None)
        if mine is None:
            return Said(delivery=Delivery.UNKNOWN)
        event = _EVENTS.get(mine.app_rec_status or "")
        fault = await self._fault(asked, NO_REASON[event]) if event in NO_REASON else Fault("", "")
        if fault is None:  # told of with its reason, as soon as somebody says it: the server answers, but for that
            return Said(delivery=Delivery.UNKNOWN, unexplained=True)
        return Said(delivery=mine.transport_delivery_state, apprec=event, fault=fault)

    async def _fault(self, asked: Unconfirmed, no_reason: str) -> Fault | None:
        """Return what an AppRec says is wrong; None while nobody says it, until it was asked for often enough.

        no_reason   what is told of one that names no error
        """
        answer = await self._call("GET", f"/Messages/{asked.carrier_id}/apprec")
        if answer is not None and answer.status_code == 200:
            return _said_wrong(answer, no_reason)
        return Fault("", UNEXPLAINED) if asked.unexplained + 1 >= _ASKED_WHY else None

    async def _call(
        self, method: str, path: str, body: Any = None, *, params: httpx.QueryParams | None = None
    ) -> httpx.Response | None:
        """Return the server's answer; None when there is none, only that it cannot now, or no token to ask with."""
        headers = {"api-version": API_VERSION, "nhn-source-system": self.software, "accept": "application/json"}
        headers |= {"content-type": "application/json"} if body is not None else {}
        content = msgspec.json.encode(body) if body is not None else b""
        call = self.machine.call(method, f"{self.url}{path}", headers=headers, content=content, params=params)
        try:
            answer = await in_time(call, None)
        except (httpx.HTTPError, Refused) as why:
            self._notice(type(why).__name__)
            return None
        if answer is None:
            self._notice("TimeoutError")
            return None
        fails = answer.status_code >= 500 or answer.status_code == 401 or not _is_theirs(answer)
        self._notice(str(answer.status_code) if fails else "")
        return None if answer.status_code >= 500 or answer.status_code in _NOT_NOW else answer

    def _notice(self, failure: str) -> None:
        """Leave a line in the log when the server begins to fail or fails in another way, and when it is well again."""
        if failure == self._trouble.get("failure", ""):
            return
        self._trouble["failure"] = failure
        if failure:
            LOG.warning("the message server fails", extra={"failure": failure})
        else:
            LOG.info("the message server is well again")


def _receipt(receipt: AppRec) -> dict[str, Any]:
    """Return an AppRec as the API takes it."""
    errors = [
        {"errorCode": each.value, "details": each.other, "description": each.name, "oid": each.system}
        for each in receipt.errors
    ]
    return {"appRecStatus": _STATUSES[receipt.status]} | ({"appRecErrorList": errors} if errors else {})


def _said_wrong(answer: httpx.Response, no_reason: str) -> Fault:
    errors = [error for each in _each(answer, Answer) for error in each.app_rec_error_list or ()]
    words = "; ".join(" ".join(filter(None, (each.error_code, each.details))) for each in errors)
    return Fault((errors[0].error_code or "") if errors else "", words or no_reason)


def _content(answer: httpx.Response) -> bytes:
    """Return the message; what cannot be unpacked is kept as it came, for a human."""
    told = _read(answer, Document)
    try:
        return b64decode(told.business_document, validate=True) if told else answer.content
    except (NotBase64, ValueError):
        return answer.content


def _read(answer: httpx.Response, shape: type[Any]) -> Any | None:
    """Return the JSON of an answer; None where it is something else."""
    try:
        return msgspec.json.decode(answer.content, type=shape) if answer.status_code < 300 else None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _each(answer: httpx.Response, shape: type[Told]) -> list[Told]:
    """Return the items of a list; one that is something else is left out, and a line in the log says so."""
    found = []
    for item in _read(answer, list[msgspec.Raw]) or []:
        try:
            found.append(msgspec.json.decode(item, type=shape))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            LOG.warning("the message server told of something that cannot be read")
    return found


def _is_id(written: str) -> bool:
    try:
        return bool(UUID(written))
    except ValueError:
        return False


def _is_theirs(answer: httpx.Response) -> bool:
    """Tell whether the server itself has answered, and not what stands before it: in JSON, an error as it describes."""
    if answer.is_success:
        return not answer.content or "json" in answer.headers.get("content-type", "")
    try:
        msgspec.json.decode(answer.content, type=Problem)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False
    return True


def _refuses(answer: httpx.Response, *, answers: bool) -> bool:
    """Tell whether a message is refused for good. answers: it is a receipt, of what the server may know no more."""
    if answer.status_code == 413:  # too large to get past them, whoever they are
        return True
    known = answer.status_code in REFUSED_FOR_GOOD or (answers and answer.status_code == 404)
    return known and _is_theirs(answer)
