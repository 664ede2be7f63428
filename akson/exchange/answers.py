"""A tree of named parts as the items of a QuestionnaireResponse, and back: the form a sender filled in, as FHIR. Pure.

`linkId` is the path of the element; what FHIR's Coding has no room for stands beside the answer as "<path>/@S" ...
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from akson.exchange import prose
from akson.exchange.envelope import Code
from akson.exchange.filing import coding
from akson.exchange.parts import Part

Resource = dict[str, Any]
_OID: Final = "urn:oid:"
_FIELDS: Final = {"@V": "value", "@S": "system", "@DN": "name", "@OT": "other"}
_VALUE, _UNIT, _TEXT = "@V", "@U", "@text"


def items(part: Part) -> list[Resource]:
    """Return what is below a part as items."""
    return [item for each in part.parts for item in _items(each, each.name)]


def tree(name: str, held: Iterable[Mapping[str, Any]]) -> Part:
    """Return the part `name` with the items it was made into."""
    parts: list[Part] = []
    for item in held:
        last = item["linkId"].rpartition("/")[2]
        if not last.startswith("@"):
            parts.append(_part(last, item))
    return Part(name=name, parts=tuple(parts))


def code_of(coded: Mapping[str, Any]) -> Code:
    """Return a Coding as it goes in a message."""
    system = str(coded.get("system", "")).removeprefix(_OID)
    return Code(value=coded.get("code", ""), system=system, name=coded.get("display", ""))


def _items(part: Part, link: str) -> Iterator[Resource]:
    """Yield a part as an item: a group where others are in it or it says two things, else a question."""
    head = {"linkId": link, "text": prose.label(part.name)}
    answers = [*_answers(part, link)]
    if not part.parts and len(answers) == 1 and answers[0]["linkId"] == link:
        yield head | {"answer": answers[0]["answer"]}
        return
    for each in answers:
        if each["linkId"] == link:
            each["linkId"] = f"{link}/@"
    inner = [item for each in part.parts for item in _items(each, f"{link}/{each.name}")]
    if answers or inner:
        yield head | {"item": [*answers, *inner]}


def _answers(part: Part, link: str) -> Iterator[Resource]:
    """Yield what the part itself says."""
    if part.code and not (part.code.system or part.code.name or part.code.other):
        yield {"linkId": f"{link}/{_VALUE}", "answer": [{"valueString": part.code.value}]}
    elif part.code:
        yield {"linkId": link, "answer": [_coded(part.code, link)]}
    for name, said in ((_UNIT, part.unit), (_TEXT if part.code or part.parts else "", part.text)):
        if said:
            yield {"linkId": f"{link}/{name}" if name else link, "answer": [{"valueString": said}]}


def _coded(code: Code, link: str) -> Resource:
    """Return a code as an answer, with what a Coding cannot say beside it."""
    written = coding(replace(code, name=code.name or code.other))
    kept = code_of(written)
    beside = [
        {"linkId": f"{link}/{field}", "answer": [{"valueString": getattr(code, name)}]}
        for field, name in _FIELDS.items()
        if getattr(code, name) != getattr(kept, name) and getattr(code, name)
    ]
    return {"valueCoding": written} | ({"item": beside} if beside else {})


def _part(name: str, item: Mapping[str, Any]) -> Part:
    own = [each for each in item.get("item", ()) if each["linkId"].rpartition("/")[2].startswith("@")]
    found = tree(name, item.get("item", ()))
    for each in ([item] if item.get("answer") else []) + own:
        found = _saying(found, each["linkId"].rpartition("/")[2], each["answer"][0])
    return found


def _saying(part: Part, field: str, answer: Mapping[str, Any]) -> Part:
    """Return the part with one answer of its own put back."""
    if "valueCoding" in answer:
        code = code_of(answer["valueCoding"])
        for each in answer.get("item", ()):
            name = _FIELDS[each["linkId"].rpartition("/")[2]]
            code = replace(code, **{name: each["answer"][0]["valueString"]})
        shown = "" if code.name == code.other else code.name  # what was only written beside the code
        return replace(part, code=replace(code, name=shown))
    said = str(answer.get("valueString", ""))
    if field == _VALUE:
        return replace(part, code=Code(value=said))
    return replace(part, unit=said) if field == _UNIT else replace(part, text=said)
