"""The filters of a compose, each as a condition on concepts.

Source: hl7.org/fhir/R4/valueset-filter-operator.html; properties of the standard's own: codesystem.html#filters
"""

from __future__ import annotations

import re
from collections.abc import Callable

from akson.registers.terminology.model import Issue, Json, System, Unanswerable
from akson.registers.terminology.statements import SQL, Raw, Statement, every, some, without

_LONGEST_PATTERN = 500
_CONCEPT = frozenset({"concept", "code"})
_BACKREFERENCE = re.compile(r"\\[1-9]|\(\?[=!<]")
MEMBER = "refset"  # the property that says which reference sets a SNOMED concept is a member of


def condition(to: Statement, system: System, given: Json, path: str) -> str:
    """Return the condition of one filter. Raises Unanswerable when we do not understand it."""
    name, op, value = given.get("property", ""), given.get("op", ""), str(given.get("value", ""))
    if name in _CONCEPT:
        found = _on_concept(to, system, op, value)
    elif name in ("parent", "child"):
        found = _on_relatives(to, system, name, op, value)
    elif name in ("display", "definition"):
        found = _on_text(to, name, op, value)
    else:
        found = _on_property(to, system, system.named(name) if name not in system.properties else name, op, value)
    if found is None:
        text = f"The filter property = {name}, op = {op}, value = {value} is not supported for {system.url}"
        raise Unanswerable(Issue(severity="error", code="not-supported", kind="vs-invalid", text=text, path=path))
    return found


def _codes(system: System, value: str) -> list[str]:
    return [system.key(code.strip()) for code in value.split(",")]


def _on_concept(to: Statement, system: System, op: str, value: str) -> str | None:
    given = {"system": system.id, "codes": [system.key(value)]}

    def itself() -> str:
        return to.put("listed", codes=given["codes"])

    def among() -> str:
        member = to.put("property_is", system=system.id, property=MEMBER, values=[value])
        return some([to.put("listed", codes=_codes(system, value)), member])

    made: dict[str, Callable[[], str]] = {
        "=": itself,
        "is-a": lambda: some([itself(), to.put("below", **given)]),
        "descendent-of": lambda: to.put("below", **given),
        "descendent-leaf": lambda: every([to.put("below", **given), to.put("leaf", system=system.id)]),
        "child-of": lambda: to.put("child", **given),
        "is-not-a": lambda: without(some([itself(), to.put("below", **given)])),
        "generalizes": lambda: some([itself(), to.put("above", **given)]),
        "in": among,
        "not-in": lambda: without(among()),
        "regex": lambda: to.put("code_like", pattern=_pattern(value)),
        "exists": lambda: SQL.everything if value == "true" else SQL.nothing,
    }
    return made[op]() if op in made else None


def _on_relatives(to: Statement, system: System, name: str, op: str, value: str) -> str | None:
    if op == "exists":
        there = to.put("has_parent" if name == "parent" else "has_child", system=system.id)
        return there if value == "true" else without(there)
    if op not in ("=", "in", "not-in"):
        return None
    codes = [system.key(value)] if op == "=" else _codes(system, value)
    found = to.put("child" if name == "parent" else "parent_of", system=system.id, codes=codes)
    return without(found) if op == "not-in" else found


def _on_text(to: Statement, name: str, op: str, value: str) -> str | None:
    text = Raw(getattr(SQL, name))
    values = [part.strip() for part in value.split(",")]
    made: dict[str, Callable[[], str]] = {
        "=": lambda: to.put("text_is", text=text, values=[value]),
        "in": lambda: to.put("text_is", text=text, values=values),
        "not-in": lambda: without(to.put("text_is", text=text, values=values)),
        "regex": lambda: to.put("text_like", text=text, pattern=_pattern(value)),
        "exists": lambda: (str if value == "true" else without)(to.put("text_there", text=text)),
    }
    return made[op]() if op in made else None


def _on_property(to: Statement, system: System, name: str, op: str, value: str) -> str | None:
    given = {"system": system.id, "property": name}
    values = [part.strip() for part in value.split(",")]
    made: dict[str, Callable[[], str]] = {
        "=": lambda: to.put("property_is", **given, values=[value]),
        "in": lambda: to.put("property_is", **given, values=values),
        "not-in": lambda: without(to.put("property_is", **given, values=values)),
        "regex": lambda: to.put("property_like", **given, pattern=_pattern(value)),
        "exists": lambda: (str if value == "true" else without)(to.put("property_there", **given)),
    }
    return made[op]() if op in made else None


def _pattern(value: str) -> str:
    """Return a pattern for the whole of a text, as PostgreSQL matches without going back and forth.

    Raises  Unanswerable for what would make it do so (back references, looking around), or makes no sense
    """
    fault = len(value) > _LONGEST_PATTERN or _BACKREFERENCE.search(value) is not None
    try:
        fault = fault or not re.compile(value)  # what is too long is not looked at: reading it takes long too
    except (re.error, RecursionError, OverflowError):
        fault = True
    if fault:
        text = f"The regular expression '{value[:80]}' is not valid, or could take too long"
        raise Unanswerable(Issue(severity="error", code="invalid", kind="vs-invalid", text=text))
    return f"^(?:{value})$"
