"""The time of the evaluation, variables, types, traces."""

from __future__ import annotations

from datetime import datetime

from akson.fhir.fhirpath import temporal, tree
from akson.fhir.fhirpath.code import Code, of_system
from akson.fhir.fhirpath.errors import FhirPathError
from akson.fhir.fhirpath.functions.registry import Compiling, built, collected, each
from akson.fhir.fhirpath.scope import Scope
from akson.fhir.fhirpath.temporal import Temporal
from akson.fhir.fhirpath.values import Items, one, plain, text, type_info


def _now(s: Scope) -> datetime:
    if s.run.given.now is None:
        raise FhirPathError("the time of the evaluation is not given")
    return s.run.given.now


@built("now")
def now(_: Compiling, __: tree.Call, ___: Code) -> Code:
    """Return the time of the evaluation, to the millisecond."""
    return Code(lambda s: [temporal.at(_now(s))], of_system("DateTime"))


@built("today")
def today(_: Compiling, __: tree.Call, ___: Code) -> Code:
    """Return the day of the evaluation."""
    return Code(lambda s: [Temporal("Date", temporal.at(_now(s)).parts[:3])], of_system("Date"))


@built("timeOfDay")
def time_of_day(_: Compiling, __: tree.Call, ___: Code) -> Code:
    """Return the time of day of the evaluation."""
    return Code(lambda s: [Temporal("Time", temporal.at(_now(s)).clock)], of_system("Time"))


@built("trace", 1, 2)
def trace(c: Compiling, call: tree.Call, of: Code) -> Code:
    """Return the input; the function that was given for traces is told of it, or of what the projection gives."""
    before, name = of.run, c.apart(call.arguments[0]).run
    project = c.inside(of.static).compile(call.arguments[1]).run if len(call.arguments) > 1 else None

    def run(s: Scope) -> Items:
        items = before(s)
        if s.run.given.trace:
            told = [found for scope in each(s, items) for found in project(scope)] if project else items
            s.run.given.trace(text(one(name(s), "the name of a trace")), [plain(item) for item in told])
        return items

    return Code(run, of.static)


@built("defineVariable", 1, 2)
def define_variable(c: Compiling, call: tree.Call, of: Code) -> Code:
    """Return the input; what comes after sees it, or what the second argument gives, as %name."""
    before, name = of.run, c.apart(call.arguments[0]).run
    value = c.inside(of.static).compile(call.arguments[1]).run if len(call.arguments) > 1 else None

    def run(s: Scope) -> Items:
        items = before(s)
        given = one(name(s), "the name of a variable")
        s.define(text(given, "the name of a variable"), value(s.inside(items)) if value else items)
        return items

    return Code(run, of.static)


@collected("type", static=of_system("TypeInfo", one=False))
def type_(items: Items) -> Items:
    """Return what type each item has."""
    return [type_info(item) for item in items]
