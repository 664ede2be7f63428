"""What a Subscription asks for: of which resources, where to, how much of them. Pure.

Source: hl7.org/fhir/R4/subscription.html; hl7.org/fhir/uv/subscriptions-backport/STU1.1
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from akson.base.errors import Refused
from akson.base.outward import Outward
from akson.fhir import types
from akson.fhir.dates import interval
from akson.record.search.values import own_places

TOPICS: Final = "https://akson.no/fhir/SubscriptionTopic/"  # and the type: one topic for each
REST_HOOK: Final = "rest-hook"
WEBSOCKET: Final = "websocket"
EMPTY: Final = "empty"
ID_ONLY: Final = "id-only"
FULL: Final = "full-resource"
CONTENTS: Final = (EMPTY, ID_ONLY, FULL)
TIMEOUT, LONGEST_TIMEOUT, MOST = 20, 60, 50  # seconds, seconds, events in one notification
BACKPORT: Final = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"
_CHANNELS: Final = "http://terminology.hl7.org/CodeSystem/subscription-channel-type"
_PAYLOAD: Final = re.compile(
    r"(application/fhir\+json|application/json)(;\s*(charset=utf-8|fhirVersion=4\.0(\.1)?))*", re.I
)
_HEADER: Final = re.compile(r"([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}):[ \t]*([\x20-\x7e\t]{0,4000})")
_OURS: Final = frozenset("host content-length content-type transfer-encoding connection te trailer upgrade expect "
                         "keep-alive proxy-authorization proxy-connection".split())  # fmt: skip
_MOST_FILTERS, _MOST_HEADERS = 20, 20
_FLAW: Final = "AK-H001"
Json = dict[str, Any]
Pairs = tuple[tuple[str, str], ...]


class Filter(msgspec.Struct, frozen=True, array_like=True):
    """One criterion. path: where it stands in the resource."""

    path: str
    pairs: Pairs


class Plan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One subscription, understood.

    topic      its canonical; "" for R4's own kind, which asks by criteria
    filters    all must be met
    payload    media type of what is sent; "": nothing but the call itself
    content    empty, id-only, full-resource; "" for R4's own kind
    heartbeat  seconds; 0: none
    end        when it is over
    """

    topic: str
    type: str
    filters: tuple[Filter, ...]
    channel: str
    endpoint: str = ""
    headers: Pairs = ()
    payload: str = ""
    content: str = ""
    heartbeat: int = 0
    timeout: int = TIMEOUT
    most: int = MOST
    end: datetime | None = None


def read(resource: Json, outward: Outward, base: str) -> Plan:
    """Return the plan of a valid Subscription. base: address of this server, by which criteria may name what is here.

    Raises  Refused AK-H001 for what is not done here, AK-H002 for an address that is not called; each with its path
    """
    channel = resource["channel"]
    criteria = resource["criteria"]
    topical = "://" in criteria.partition("?")[0] or criteria.startswith("urn:")  # a code may be named by its system
    type_ = _topic_type(criteria) if topical else _type(criteria.partition("?")[0], "Subscription.criteria")
    kind = _channel(channel, topical=topical)
    extras = {one["url"].removeprefix(BACKPORT): one for one in channel.get("extension", ())}
    return Plan(
        topic=criteria if topical else "", type=type_, channel=kind,
        filters=_filters(resource, type_, base, topical=topical), endpoint=_endpoint(channel, kind, outward),
        headers=_headers(channel, kind), payload=_payload(channel, topical=topical),
        content=_content(channel, topical=topical),
        heartbeat=_number(extras, "backport-heartbeat-period", "valueUnsignedInt", 0, 86400 * 31),
        timeout=min(_number(extras, "backport-timeout", "valueUnsignedInt", TIMEOUT, 86400), LONGEST_TIMEOUT),
        most=min(_number(extras, "backport-max-count", "valuePositiveInt", MOST, 10**9), MOST),
        end=interval(resource["end"])[0] if "end" in resource else None,
    )  # fmt: skip


def _flaw(path: str, detail: str) -> Refused:
    return Refused(_FLAW, path=f"Subscription.{path}" if not path.startswith("Subscription") else path, detail=detail)


def _topic_type(criteria: str) -> str:
    name = criteria.removeprefix(TOPICS)
    if name == criteria or not types.is_type(name):
        raise _flaw("criteria", f"topics here are {TOPICS} and a resource type; they stand in the CapabilityStatement")
    return name


def _type(name: str, path: str) -> str:
    if not types.is_type(name):
        raise _flaw(path, "criteria begin with a resource type, as in Observation?code=...")
    return name


def _filters(resource: Json, type_: str, base: str, *, topical: bool) -> tuple[Filter, ...]:
    """Return what narrows it: the criteria of R4, or filters of a topic."""
    if not topical:
        path = "Subscription.criteria"
        return (Filter(path, own_places(_pairs(resource["criteria"].partition("?")[2], path), base)),)
    found = []
    for n, one in enumerate(resource.get("_criteria", {}).get("extension", ())):
        path = f"Subscription.criteria.extension[{n}]"
        if one["url"] != f"{BACKPORT}backport-filter-criteria":
            continue
        text = one.get("valueString", "")
        head, mark, rest = text.partition("?")
        if mark and _type(head, path) != type_:
            raise _flaw(path, f"the topic is about {type_}, the filter about {head}")
        found.append(Filter(path, own_places(_pairs(rest if mark else text, path), base)))
    if len(found) > _MOST_FILTERS:
        raise _flaw("criteria", f"at most {_MOST_FILTERS} filters")
    return tuple(found)


def _pairs(query: str, path: str) -> Pairs:
    try:
        return tuple(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), errors="strict"))
    except ValueError:
        raise _flaw(path, "not written as a search is: name=value&name=value") from None


def _channel(channel: Json, *, topical: bool) -> str:
    kind = str(channel["type"])
    for n, one in enumerate(channel.get("_type", {}).get("extension", ())):
        given = one.get("valueCoding", {})
        if one["url"] == f"{BACKPORT}backport-channel-type" and (given.get("system"), given.get("code")) != (
            _CHANNELS,
            kind,
        ):
            raise _flaw(f"channel.type.extension[{n}]", "no such channel here")
    if kind not in (REST_HOOK, WEBSOCKET):
        raise _flaw("channel.type", "channels here are rest-hook and websocket")
    if kind == WEBSOCKET and not topical:
        raise _flaw("channel.type", "over a websocket only topics are followed: R4's own way knows no authorisation")
    return kind


def _endpoint(channel: Json, kind: str, outward: Outward) -> str:
    endpoint = str(channel.get("endpoint", ""))
    if kind == WEBSOCKET:
        if endpoint:
            raise _flaw("channel.endpoint", "a websocket is opened by the client, and has no endpoint")
        return ""
    if not endpoint:
        raise _flaw("channel.endpoint", "a rest-hook needs one")
    if fault := outward.fault(endpoint):
        raise Refused("AK-H002", path="Subscription.channel.endpoint", detail=fault)
    return endpoint


def _headers(channel: Json, kind: str) -> Pairs:
    given = channel.get("header", ())
    if len(given) > _MOST_HEADERS or (given and kind == WEBSOCKET):
        raise _flaw("channel.header", f"at most {_MOST_HEADERS} headers, and of a rest-hook only")
    found = []
    for n, text in enumerate(given):
        header = _HEADER.fullmatch(text or "")
        if header is None or header[1].lower() in _OURS:  # the text is secret: it is not told again
            raise _flaw(f"channel.header[{n}]", "not a header that may be set, written as Name: value")
        found.append((header[1], header[2].strip()))
    return tuple(found)


def _payload(channel: Json, *, topical: bool) -> str:
    payload = str(channel.get("payload", ""))
    if payload and not _PAYLOAD.fullmatch(payload):
        raise _flaw("channel.payload", "what is sent is application/fhir+json, of FHIR 4.0")
    if topical and not payload:
        raise _flaw("channel.payload", "a topic needs one: application/fhir+json")
    return payload


def _content(channel: Json, *, topical: bool) -> str:
    path, url = "channel.payload.extension", f"{BACKPORT}backport-payload-content"
    given = [one.get("valueCode") for one in channel.get("_payload", {}).get("extension", ()) if one["url"] == url]
    if not topical:
        if given:
            raise _flaw(path, "a content level belongs to a topic; with criteria the payload is the resource")
        return ""
    if len(given) != 1 or given[0] not in CONTENTS:
        raise _flaw(path, "a topic needs one content level: empty, id-only or full-resource")
    return str(given[0])


def _number(extras: dict[str, Json], name: str, member: str, usual: int, most: int) -> int:
    if name not in extras:
        return usual
    value = extras[name].get(member)
    if not isinstance(value, int) or not 0 < value <= most:
        raise _flaw("channel.extension", f"{name} takes {member} from 1 to {most}")
    return value
