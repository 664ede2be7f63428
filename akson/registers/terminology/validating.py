"""$validate-code: whether codes are in a value set or code system, and what is to be said of them.

Source: hl7.org/fhir/R4/valueset-operation-validate-code.html; texts and issue types: HL7 terminology ecosystem guide
"""

from __future__ import annotations

from akson.registers.terminology import displays, entries
from akson.registers.terminology.composing import Composed, Composer
from akson.registers.terminology.finding import Finder
from akson.registers.terminology.matching import Matched, match, probe
from akson.registers.terminology.model import STANDARDS_STATUS, Issue, Json, System, Unanswerable
from akson.registers.terminology.verdicts import Asked, Verdict

NOT_VALIDATED = "code cannot be validated"


async def in_value_set(finder: Finder, composed: Composed, asked: Asked) -> Verdict:
    """Return the verdict on codings for one value set. Raises Unanswerable."""
    verdict = Verdict()
    added = await entries.supplements(finder, composed, _systems(composed))
    best: Matched | None = None
    for n, coding in enumerate(asked.codings):
        coding = await _inferred(finder, composed, asked, coding, verdict) if asked.infer else coding
        found = await match(finder, composed, asked.place, n, coding, verdict)
        _say_of_coding(asked, n, coding, composed, found, verdict)
        if found.inside and (best is None or not best.inside):
            best = found
        if found.inside and found.concept is not None and found.concept.abstract and not asked.abstract:
            text = f"The code '{found.concept.code}' is abstract, and may not be used to code with"
            place = asked.place(n, "code")
            verdict.say(Issue(severity="error", code="business-rule", kind="code-rule", text=text, path=place))
        if found.concept is not None and not asked.membership_only:
            await displays.check(finder, composed, asked, n, coding, found, added, verdict)
        best = best or found
    if asked.concept is not None:
        _say_of_concept(composed, best, verdict)
    if best is not None:
        _settle(best, verdict)
    active = asked.active or (composed.active and best is not None and not best.inside)
    if active and best is not None and best.concept is not None and best.concept.inactive:
        _say_inactive(asked, composed, best, verdict)
    _say_statuses(composed, best, verdict)
    return verdict


def without_import(asked: Asked, refused: Unanswerable) -> Verdict:
    """Return the verdict when the value set needs another that is not here."""
    verdict = Verdict(coding=asked.codings[0] if asked.codings else None)
    for issue in refused.issues:
        verdict.say(issue)
    return verdict


def _systems(composed: Composed) -> list[System]:
    return list({part.system.id: part.system for part in composed.every_part() if part.system}.values())


async def _inferred(finder: Finder, composed: Composed, asked: Asked, coding: Json, verdict: Verdict) -> Json:
    """Return the coding with the one code system of the value set that has the code."""
    systems = _systems(composed)
    rows = await probe(finder, composed, systems, str(coding.get("code", "")))
    urls = sorted({concept.system.url for concept, inside in rows if inside})
    if len(urls) == 1:
        return coding | {"system": urls[0]}
    why = f"value set expansion has multiple matches: [{', '.join(urls)}]" if urls else "value set has no match"
    text = (
        f"The System URI could not be determined for the code '{coding.get('code', '')}' in the ValueSet "
        f"'{composed.canonical}': {why}"
    )
    verdict.say(Issue(severity="error", code="not-found", kind="cannot-infer", text=text, path=asked.place(0, "code")))
    return coding


def provided(coding: Json) -> str:
    """Return how a code is quoted: system|version#code ('display')"""
    version = f"|{coding['version']}" if coding.get("version") else ""
    display = f" ('{coding['display']}')" if coding.get("display") else ""
    return f"{coding.get('system', '')}{version}#{coding.get('code', '')}{display}"


def _say_of_coding(asked: Asked, n: int, coding: Json, composed: Composed, found: Matched, verdict: Verdict) -> None:
    url = coding.get("system", "")
    if not url and not asked.infer:
        text = (
            "Coding has no system. A code with no system has no defined meaning, and it cannot be validated. "
            "A system should be provided"
        )
        verdict.say(Issue(severity="warning", code="invalid", kind="invalid-data", text=text, path=asked.place(n, "")))
    elif url and ":" not in url:
        text = "Coding.system must be an absolute reference, not a local reference"
        verdict.say(
            Issue(severity="error", code="invalid", kind="invalid-data", text=text, path=asked.place(n, "system"))
        )
    fragment = found.system is not None and found.concept is None and found.system.content == "fragment"
    if not found.inside and not found.unknowable and not fragment:
        text = f"The provided code '{provided(coding)}' was not found in the value set '{composed.canonical}'"
        place = asked.place(n, "code")
        if asked.concept is None:
            verdict.say(Issue(severity="error", code="code-invalid", kind="not-in-vs", text=text, path=place))
        else:
            verdict.say(
                Issue(severity="information", code="code-invalid", kind="this-code-not-in-vs", text=text, path=place),
                silent=True,
            )
    if found.system is not None and found.concept is None and not asked.membership_only:
        say_unknown_code(found.system, coding, asked.place(n, "code"), verdict)


def say_unknown_code(system: System, coding: Json, place: str, verdict: Verdict) -> None:
    """Tell of a code that its code system does not have; of a fragment only as a warning."""
    code = coding.get("code", "")
    version = f" version '{system.version}'" if system.version else ""
    if system.content == "fragment":
        text = (
            f"Unknown Code '{code}' in the CodeSystem '{system.url}'{version} - note that the code system is labeled "
            "as a fragment, so the code may be valid in some other fragment"
        )
        verdict.say(
            Issue(severity="warning", code="code-invalid", kind="invalid-code", text=text, path=place), silent=True
        )
        return
    text = f"Unknown code '{code}' in the CodeSystem '{system.url}'{version}"
    verdict.say(Issue(severity="error", code="code-invalid", kind="invalid-code", text=text, path=place))


def _say_of_concept(composed: Composed, best: Matched | None, verdict: Verdict) -> None:
    """Tell of a CodeableConcept without any coding in the value set."""
    fragment = best is not None and best.system is not None and best.system.content == "fragment"
    if best is None or not (best.inside or best.unknowable or (fragment and best.concept is None)):
        text = f"No valid coding was found for the value set '{composed.canonical}'"
        verdict.say(Issue(severity="error", code="code-invalid", kind="not-in-vs", text=text))


def _settle(best: Matched, verdict: Verdict) -> None:
    verdict.coding, verdict.concept, verdict.inside = best.coding, best.concept, best.inside
    verdict.version = best.concept.system.version if best.concept else best.system.version if best.system else ""


def _say_inactive(asked: Asked, composed: Composed, best: Matched, verdict: Verdict) -> None:
    code = best.coding.get("code", "")
    place = asked.place(best.n, "code")
    verdict.say(Issue(severity="error", code="business-rule", kind="code-rule", path=place,
                      text=f"The concept '{code}' is valid but is not active"))  # fmt: skip
    text = f"The provided code '{provided(best.coding)}' was not found in the value set '{composed.canonical}'"
    verdict.say(Issue(severity="error", code="code-invalid", kind="not-in-vs", path=place, text=text))


_STATUSES = ("deprecated", "withdrawn", "experimental", "draft")


def standing(resource: Json) -> str:
    """Return why a resource should be used with care: deprecated, withdrawn, experimental or draft; else nothing."""
    stated = next((e.get("valueCode", "") for e in resource.get("extension", ()) if e["url"] == STANDARDS_STATUS), "")
    if stated in ("deprecated", "withdrawn"):
        return str(stated)
    if resource.get("experimental"):
        return "experimental"
    return "draft" if resource.get("status") == "draft" or stated == "draft" else ""


def _say_statuses(composed: Composed, best: Matched | None, verdict: Verdict) -> None:
    """Tell of value sets and of the code system that should be used with care."""
    if best is None or not best.inside:
        return
    concerned = [("ValueSet", one.resource, one.canonical) for one in (composed, *composed.every_set())]
    if best.system is not None:
        concerned.append(("CodeSystem", best.system.head, best.system.canonical))
    for kind, resource, canonical in concerned:
        status = standing(resource)
        if status in ("deprecated", "withdrawn") or (status and status != standing(composed.resource)):
            text = f"Reference to {status} {kind} {canonical}"
            verdict.say(
                Issue(severity="information", code="business-rule", kind="status-check", text=text), silent=True
            )


async def in_code_system(finder: Finder, system: System, asked: Asked) -> Verdict:
    """Return the verdict on codings for one code system."""
    verdict = Verdict()
    composed = await Composer(finder).resource({"resourceType": "ValueSet", "compose": {"include": [
        {"system": system.url} | ({"version": system.version} if system.version else {})
    ]}})  # fmt: skip
    added = await entries.supplements(finder, None, [system])
    for n, coding in enumerate(asked.codings):
        if coding.get("system", system.url) != system.url:
            continue
        found = await match(finder, composed, asked.place, n, coding | {"system": system.url}, verdict)
        if found.system is not None and found.concept is None:
            say_unknown_code(found.system, coding, asked.place(n, "code"), verdict)
        if found.concept is not None:
            await displays.check(finder, composed, asked, n, coding, found, added, verdict)
        _settle(found, verdict)
    if verdict.coding is None:
        text = f"No valid coding was found for the code system '{system.canonical}'"
        verdict.say(Issue(severity="error", code="code-invalid", kind="invalid-code", text=text))
    return verdict
