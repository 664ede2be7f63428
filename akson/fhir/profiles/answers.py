"""Holds the answers of a QuestionnaireResponse against the items of its Questionnaire.

Source: hl7.org/fhir/R4/questionnaire.html, hl7.org/fhir/R4/questionnaireresponse.html
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

import re2

from akson.fhir.definitions import CORE
from akson.fhir.profiles.enabling import is_enabled
from akson.fhir.profiles.running import Run
from akson.fhir.profiles.spots import Spot

Json = dict[str, Any]
OPTION_TYPES: Final = frozenset({"Coding", "integer", "date", "time", "string", "Reference"})
TYPES: Final = {
    "boolean": {"boolean"}, "decimal": {"decimal"}, "integer": {"integer"}, "date": {"date"}, "dateTime": {"dateTime"},
    "time": {"time"}, "string": {"string"}, "text": {"string"}, "url": {"uri"}, "attachment": {"Attachment"},
    "reference": {"Reference"}, "quantity": {"Quantity"}, "choice": OPTION_TYPES, "open-choice": OPTION_TYPES,
}  # fmt: skip
WITHOUT_ANSWERS: Final = frozenset({"group", "display", "question"})
_FINISHED: Final = frozenset({"completed", "amended"})


def faults(response: Spot, questionnaire: Json, run: Run) -> None:
    """Say where the response is not as its questionnaire has it."""
    _Answers(response, run).items(response, questionnaire.get("item") or [])


def extension(holder: Json, name: str) -> Any:
    """Return the value of the first extension of R4 called `name`, None when there is none."""
    return next(iter(extensions(holder, name)), None)


def extensions(holder: Json, name: str) -> list[Any]:
    found = [e for e in holder.get("extension") or () if e.get("url") == CORE + name]
    return [value for e in found for key, value in e.items() if key.startswith("value")]


class _Answers:
    """One response on its way through one questionnaire."""

    def __init__(self, response: Spot, run: Run) -> None:
        self.response = response.value
        self.finished = response.value.get("status") in _FINISHED
        self.run = run

    def say(self, at: str, text: str, code: str = "invalid") -> None:
        self.run.say("error", code, at, text)

    def items(self, around: Spot, asked: list[Json]) -> None:
        """Check the items inside a response, an item or an answer."""
        given = around.held("item")
        known = {item.get("linkId"): item for item in asked}
        for spot in given:
            if spot.value.get("linkId") not in known:
                self.say(spot.at, f"the questionnaire has no item '{spot.value.get('linkId')}' here")
        for link, item in known.items():
            self.item(around, item, [spot for spot in given if spot.value.get("linkId") == link])

    def item(self, around: Spot, asked: Json, given: list[Spot]) -> None:
        """Check all items of one linkId."""
        enabled = is_enabled(asked, self.response)
        answers = [answer for spot in given for answer in spot.held("answer")]
        if not enabled:
            for spot in given:
                self.say(spot.at, f"item '{asked.get('linkId')}' has an answer, but is not enabled")
            return
        if asked.get("type") in WITHOUT_ANSWERS:
            for answer in answers:
                self.say(answer.at, f"an item of type {asked['type']} has no answers")
        self.count(around, asked, given, answers)
        for answer in answers if asked.get("type") not in WITHOUT_ANSWERS else ():
            self.answer(answer, asked)
            self.items(answer, asked.get("item") or [])
        self.exclusive(asked, answers)
        for spot in given:
            if asked.get("type") == "group":
                self.items(spot, asked.get("item") or [])
            elif spot.held("item"):
                self.say(
                    spot.at, f"items below a question of type {asked.get('type')} stand in its answer", "structure"
                )

    def count(self, around: Spot, asked: Json, given: list[Spot], answers: list[Spot]) -> None:
        """Check that what is required is there, and what does not repeat only once."""
        link, many = asked.get("linkId"), asked.get("repeats", False)
        found = given if asked.get("type") in WITHOUT_ANSWERS else answers
        least = extension(asked, "questionnaire-minOccurs") or 0
        least = max(least, 1) if asked.get("required") else least
        most = extension(asked, "questionnaire-maxOccurs") if many else 1
        at = given[0].at if given else around.at
        if asked.get("type") != "display" and len(found) < least:
            severity = "error" if self.finished else "warning"
            self.run.say(severity, "required", at, f"item '{link}' needs {least}, has {len(found)}")
        if most is not None and len(found) > most:
            self.say(at, f"item '{link}' may have {most}, has {len(found)}", "structure")

    def answer(self, answer: Spot, asked: Json) -> None:
        """Check one answer: its type, its limits, whether it is among those offered."""
        values = answer.held("value")
        if not values:
            return
        spot, sort = values[0], asked.get("type")
        types = TYPES.get(str(sort), set())
        if spot.node.type not in types:
            self.say(spot.at, f"an answer to '{asked.get('linkId')}' is a {sort}, not a {spot.node.type}")
            return
        for told in _beyond(spot, asked):
            self.say(spot.at, told)
        if not (sort == "open-choice" and spot.node.type == "string"):
            self.offered(spot, asked)
        units = extension(asked, "questionnaire-unitValueSet")
        held = self.run.terms.member_of(spot.value, "Quantity", units) if units and "code" in spot.value else False
        if units and sort == "quantity" and held is False:
            self.say(spot.at, f"its unit is not in {units}", "code-invalid")

    def offered(self, spot: Spot, asked: Json) -> None:
        options = [option for row in asked.get("answerOption") or () for option in _values(row)]
        if options and not any(_same(spot.value, option) for option in options):
            self.say(spot.at, "is not among the answers that are offered", "code-invalid")
        value_set = asked.get("answerValueSet")
        asked_for = not options and value_set and spot.node.type == "Coding"
        if asked_for and self.run.terms.member_of(spot.value, "Coding", str(value_set)) is False:
            self.say(spot.at, f"is not in {value_set}, from which the answer is taken", "code-invalid")

    def exclusive(self, asked: Json, answers: list[Spot]) -> None:
        rows = [row for row in asked.get("answerOption") or () if extension(row, "questionnaire-optionExclusive")]
        alone = [value for row in rows for value in _values(row)]
        for answer in answers if len(answers) > 1 else ():
            if any(_same(spot.value, value) for spot in answer.held("value") for value in alone):
                self.say(answer.at, "this answer excludes all others")


def _values(row: Json) -> list[Any]:
    return [value for key, value in row.items() if key.startswith("value")]


def _same(value: Any, option: Any) -> bool:
    if isinstance(value, dict) and isinstance(option, dict):
        keys = ("system", "code") if "code" in option else ("reference", "display")
        return all(value.get(key) == option.get(key) for key in keys)
    return bool(value == option)


def _beyond(spot: Spot, asked: Json) -> Iterator[str]:
    """Yield what is wrong with the value itself: length, form, size, limits, unit."""
    value = spot.value
    if isinstance(value, str):
        if len(value) > asked.get("maxLength", len(value)):
            yield f"longer than {asked['maxLength']}"
        if len(value) < (extension(asked, "minLength") or 0):
            yield f"shorter than {extension(asked, 'minLength')}"
        pattern = extension(asked, "regex")
        if pattern and not _matches(pattern, value):
            yield f"does not have the form {pattern}"
    for name, beyond in (("minValue", -1), ("maxValue", 1)):
        limit = extension(asked, name)
        if limit is not None and _lies(value, limit) == beyond:
            yield f"is {'less' if beyond < 0 else 'more'} than {limit}"
    if spot.node.type == "Attachment":
        yield from _attachment(value, asked)
    if spot.node.type == "Quantity":
        yield from _quantity(value, asked)


def _matches(pattern: str, value: str) -> bool:
    try:
        return bool(re2.fullmatch(pattern, value))
    except re2.error:
        return True  # the questionnaire is at fault, not the answer


def _lies(value: Any, limit: Any) -> int:
    """Return -1 below, 1 above, 0 within or not comparable."""
    if isinstance(value, str) and isinstance(limit, str):
        return (value > limit) - (value < limit)
    if isinstance(value, int | Decimal) and isinstance(limit, int | Decimal):
        return (value > limit) - (value < limit)
    return 0


def _attachment(value: Json, asked: Json) -> Iterator[str]:
    allowed = extensions(asked, "mimeType")
    if allowed and value.get("contentType") not in allowed:
        yield f"{value.get('contentType')} is not among {', '.join(allowed)}"
    most = extension(asked, "maxSize")
    if most is not None and isinstance(value.get("size"), int) and value["size"] > most:
        yield f"is larger than {most}"


def _limits(asked: Json, name: str) -> list[Any]:
    sdc = f"http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-{name}"
    given = [e for e in asked.get("extension") or () if e.get("url") in {sdc, CORE + name}]
    return [value for e in given for key, value in e.items() if key.startswith("value")]


def _quantity(value: Json, asked: Json) -> Iterator[str]:
    units = extensions(asked, "questionnaire-unitOption")
    given = (value.get("system"), value.get("code"))
    if units and given not in [(u.get("system"), u.get("code")) for u in units]:
        yield f"the unit {value.get('unit')} is not among those that are offered"
    for name, beyond in (("minValue", -1), ("maxValue", 1), ("minQuantity", -1), ("maxQuantity", 1)):
        limit = next(iter(_limits(asked, name)), None)
        if not isinstance(limit, dict):
            continue
        if not given[1] or given != (limit.get("system"), limit.get("code")):
            yield f"cannot be compared with the limit {limit.get('value')} {limit.get('unit', '')}"
        elif _lies(value.get("value"), limit.get("value")) == beyond:
            yield f"is {'less' if beyond < 0 else 'more'} than {limit.get('value')} {limit.get('unit', '')}"
