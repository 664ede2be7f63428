"""The results of a laboratory as Observations say them: the value, its limits, and what belongs to what. Pure.

Source: docs/sources.md#svarrapport
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from akson.exchange import labreport
from akson.exchange.envelope import Code
from akson.exchange.filing import VOLVEN, Resource, concept, filled
from akson.exchange.labreport import Result, Said
from akson.exchange.labtelling import COMPARED, compared

HL7: Final = "http://terminology.hl7.org/CodeSystem/"
_SIDES: Final = {"1": "H", "2": "L", "3": "A"}  # Volven 8244
_BETWEEN: Final = re.compile(r"(\d+(?:[.,]\d+)?)\s*[-–]\s*(\d+(?:[.,]\d+)?)")
_BEYOND: Final = re.compile(r"([<>])=?\s*(\d+(?:[.,]\d+)?)")


def members(results: list[Result]) -> dict[int, list[int]]:
    """Return the parts of each result by place: those inside it, and those that say they belong to it."""
    place = {id(result): index for index, result in enumerate(results)}
    named: dict[str, int] = {}
    for index, result in enumerate(results):
        if result.id:
            named.setdefault(result.id, index)
    members = {index: [place[id(part)] for part in result.parts] for index, result in enumerate(results)}
    for index, result in enumerate(results):
        for owner in {named[each] for each in result.belongs_to if each in named} - {index}:
            if index not in members[owner]:
                members[owner].append(index)
    return members


def parts_first(members: Mapping[int, list[int]]) -> list[int]:
    """Return the places so that parts come before what they are a part of; a circle is cut where it closes."""
    order: dict[int, None] = {}
    begun: set[int] = set()
    waiting = list(members)[::-1]
    while waiting:
        index = waiting[-1]
        left = [] if index in begun else [each for each in members[index] if each not in begun]
        begun.add(index)
        if left:
            waiting.extend(reversed(left))
        else:
            waiting.pop()
            order.setdefault(index)
    return list(order)


def value(result: Result) -> Resource:
    """Return the value of an Observation: a number where there is one, else a code or words."""
    if result.number:
        amount = _decimal(result.number)
        if amount is None:
            return {"valueString": " ".join(filter(None, (compared(result), result.number, result.unit)))}
        sign = compared(result)
        comparator = sign if sign in COMPARED.values() else None
        return {"valueQuantity": filled({"value": amount, "comparator": comparator, "unit": result.unit})}
    if result.date:
        return {"valueDateTime": labreport.moment(result.date)}
    if len(result.texts) != 1:
        return {}
    said = result.texts[0]
    return _answer(said)


def _answer(said: Said) -> Resource:
    if said.codes:
        return {"valueCodeableConcept": coded(said.codes, said.text)}
    return {"valueString": said.text} if said.text else {}


def coded(codes: Sequence[Code], text: str) -> Resource:
    return concept(codes[0], text or codes[0].name or codes[0].other, *codes[1:]) if codes else {}


def components(result: Result) -> Iterator[Resource]:
    """Yield the texts that are no value of their own, each under its heading, and what is structured."""
    if result.number or result.date or len(result.texts) != 1:
        for said in result.texts:
            heading = concept(said.heading) if said.heading else {}
            yield {"code": heading or {"text": "Svar"}, **_answer(said)}
    for what, code, said_ in result.structured:
        yield {"code": concept(what), **({"valueCodeableConcept": concept(code)} if code else {"valueString": said_})}


def interpretation(deviation: Code) -> Resource:
    told = concept(Code(value=deviation.value, system=f"{VOLVEN}8244", name=deviation.name))
    side = _SIDES.get(deviation.value)
    known = [{"system": f"{HL7}v3-ObservationInterpretation", "code": side}] if side else []
    return told | {"coding": [*known, *told.get("coding", [])]}


def limits(result: Result) -> Resource:
    """Return the reference range: as it was written, and its limits where these can be made out."""
    limits: Resource = {"text": result.reference}
    if between := _BETWEEN.fullmatch(result.reference):
        return limits | {"low": _amount(between[1], result), "high": _amount(between[2], result)}
    if beyond := _BEYOND.fullmatch(result.reference):
        return limits | {"high" if beyond[1] == "<" else "low": _amount(beyond[2], result)}
    return limits


def _amount(written: str, result: Result) -> Resource:
    return filled({"value": _decimal(written), "unit": result.unit})


def _decimal(written: str) -> Any:
    """Return a number as it was written, or None."""
    try:
        number = Decimal(written.replace(",", "."))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
