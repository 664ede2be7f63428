"""What goes back: status, bytes and headers; resources as they are kept, faults as OperationOutcome."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

import msgspec
from msgspec.structs import replace
from starlette.types import Send

from akson.base.errors import Refused
from akson.fhir import bodies
from akson.fhir.issues import Invalid
from akson.fhirapi import contents, packing
from akson.fhirapi.calls import Call, address
from akson.record.stored import Stored

CODES: Final = "https://akson.no/fhir/error"  # the system of our refusals' codes
_MOST_ISSUES: Final = 100
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
Headers = tuple[tuple[bytes, bytes], ...]
ALWAYS: Final[Headers] = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)
VARIES: Final[Headers] = ((b"vary", b"accept-encoding"),)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One answer, ready to be sent or to be put into a batch-response."""

    status: int
    body: bytes = b""
    stored: Stored | None = None  # the version it is about: gives ETag and Last-Modified
    location: str | None = None
    headers: Headers = ()
    outcome: bool = False  # the body is an OperationOutcome
    media: str = "application/fhir+json; charset=utf-8"

    async def send(self, send: Send, request: str, headers: Mapping[str, str], *, head: bool = False) -> None:
        """Send it as the answer to the request of that id.

        headers  of the request: say how the body may be packed
        head     all but the body goes back
        """
        body, encoding = packing.packed(self.body, headers)
        kept = (
            *(((b"content-type", self.media.encode()),) if body else ()),
            *ALWAYS,
            *(((b"content-encoding", encoding.encode()),) if encoding else ()),
            *(VARIES if len(self.body) >= packing.SMALLEST else ()),
            *(_version(self.stored) if self.stored else ()),
            *(((b"location", self.location.encode()),) if self.location else ()),
            *self.headers,
            (b"content-length", str(len(body)).encode()),
            (b"x-request-id", request.encode()),
        )
        await send({"type": "http.response.start", "status": self.status, "headers": kept})
        await send({"type": "http.response.body", "body": b"" if head else body})

    def pretty(self) -> Answer:
        """Return it with indented JSON, every number as it was."""
        return replace(self, body=msgspec.json.format(self.body, indent=2)) if self.body else self


def _version(stored: Stored) -> Headers:
    return (b"etag", etag(stored).encode()), (b"last-modified", _http_date(stored.last_updated.astimezone(UTC)))


def _http_date(at: datetime) -> bytes:
    """Return an instant in UTC as HTTP writes it (RFC 9110, 5.6.7); a quarter of what email.utils costs each read."""
    day = f"{_DAYS[at.weekday()]}, {at.day:02} {_MONTHS[at.month - 1]} {at.year:04}"
    return f"{day} {at.hour:02}:{at.minute:02}:{at.second:02} GMT".encode()


def etag(stored: Stored) -> str:
    """Return the tag of a version, as If-Match takes it."""
    return f'W/"{stored.version}"'


def resource(stored: Stored) -> Answer:
    """Return one version of a resource as it is kept."""
    return Answer(status=200, body=stored.body or b"", stored=stored)


def unless_known(call: Call, stored: Stored) -> Answer:
    """Return one version of a resource, or 304 when the client has it already."""
    if contents.is_unchanged(call.headers, stored.version, stored.last_updated):
        return Answer(status=304, stored=stored)
    return resource(stored)


def written(call: Call, stored: Stored, status: int, *, usual: str = "representation") -> Answer:
    """Return the answer to a write, with as much content as the client prefers."""
    wanted = preferred(call) or usual
    told = wanted == "OperationOutcome"
    body = _all_well("stored") if told else (stored.body or b"") if wanted == "representation" else b""
    place = address(call.server.base, stored.type, stored.id, stored.version)
    return Answer(status=status, body=body, stored=stored, location=place, outcome=told)


def removed(call: Call, stored: Stored | None) -> Answer:
    """Return the answer to a delete; `stored` is None when it was deleted before."""
    if preferred(call) == "minimal":
        return Answer(status=204, stored=stored)
    return Answer(status=200, body=_all_well("deleted"), stored=stored, outcome=True)


def preferred(call: Call) -> str | None:
    """Return what the client prefers to get back from a write: minimal, representation, OperationOutcome, or None."""
    for part in call.headers.get("prefer", "").replace(";", ",").split(","):
        name, _, value = (each.strip(' "') for each in part.partition("="))
        if name.lower() == "return" and value in ("minimal", "representation", "OperationOutcome"):
            return value
    return None


def _all_well(told: str) -> bytes:
    issue = {"severity": "information", "code": "informational", "diagnostics": told}
    return msgspec.json.encode({"resourceType": "OperationOutcome", "issue": [issue]})


def refusal(refused: Refused, *, headers: Headers = ()) -> Answer:
    """Return one refusal as an OperationOutcome."""
    return Answer(status=refused.status, body=outcome([_issue(refused)]), headers=headers, outcome=True)


def invalid(refused: Invalid) -> Answer:
    """Return every fault of a resource, each with its path; 400 when the text could not even be read."""
    unreadable = any(issue.severity == "fatal" for issue in refused.issues)
    told = Refused("AK-F005" if unreadable else "AK-J007")
    issues = [
        {
            "severity": issue.severity,
            "code": issue.code,
            "details": _details(told),
            "diagnostics": issue.diagnostics,
            **({"expression": [issue.path]} if issue.path else {}),
        }
        for issue in refused.issues[:_MOST_ISSUES]
    ]
    return Answer(status=told.status, body=outcome(issues), outcome=True)


def unexpected() -> Answer:
    """Return what is answered when the fault is ours; the doors send it, and log why."""
    return refusal(Refused("AK-F015"))


def outcome(issues: Iterable[dict[str, Any]]) -> bytes:
    """Return an OperationOutcome as JSON."""
    return msgspec.json.encode({"resourceType": "OperationOutcome", "issue": list(issues)})


def _issue(refused: Refused) -> dict[str, Any]:
    issue = {
        "severity": "error",
        "code": refused.entry.issue,
        "details": _details(refused),
        "diagnostics": refused.diagnostics,
    }
    return issue | ({"expression": [refused.path]} if refused.path else {})


def _details(refused: Refused) -> dict[str, Any]:
    return {"coding": [{"system": CODES, "code": refused.code}], "text": refused.text}


def bundle(
    kind: str, entries: Sequence[dict[str, Any]], *, links: Iterable[tuple[str, str]] = (), total: int | None = None
) -> Answer:
    """Return a Bundle; bodies inside it are spliced in as they are kept."""
    parts: dict[str, Any] = {"resourceType": "Bundle", "type": kind}
    if total is not None:
        parts["total"] = total
    if told := [{"relation": relation, "url": url} for relation, url in links]:
        parts["link"] = told
    if entries:
        parts["entry"] = entries
    return Answer(status=200, body=msgspec.json.encode(parts))


def entry(base: str, stored: Stored) -> dict[str, Any]:
    """Return fullUrl and resource of one entry; a deleted version has no resource."""
    found: dict[str, Any] = {"fullUrl": address(base, stored.type, stored.id)}
    return found | ({"resource": msgspec.Raw(stored.body)} if stored.body else {})


def response(answer: Answer) -> dict[str, Any]:
    """Return an answer as an entry of a batch-response or transaction-response."""
    told: dict[str, Any] = {"status": f"{answer.status} {HTTPStatus(answer.status).phrase}"}
    if answer.location:
        told["location"] = answer.location
    if answer.stored:
        told |= {"etag": etag(answer.stored), "lastModified": bodies.instant(answer.stored.last_updated)}
    if answer.outcome:
        return {"response": told | {"outcome": msgspec.Raw(answer.body)}}
    return ({"resource": msgspec.Raw(answer.body)} if answer.body else {}) | {"response": told}
