"""Whether the display that came with a code is one of its names, in the languages asked for; and what else to say."""

from __future__ import annotations

from collections.abc import Sequence

from akson.registers.terminology import languages
from akson.registers.terminology.composing import Composed
from akson.registers.terminology.entries import additions
from akson.registers.terminology.finding import Finder
from akson.registers.terminology.languages import Languages, Name
from akson.registers.terminology.matching import Matched
from akson.registers.terminology.model import STANDARDS_STATUS, Concept, Issue, Json, System
from akson.registers.terminology.verdicts import Asked, Verdict

_DEPRECATED = "http://hl7.org/fhir/StructureDefinition/valueset-deprecated"


async def check(
    finder: Finder, composed: Composed, asked: Asked, n: int, coding: Json, found: Matched,
    added: Sequence[System], verdict: Verdict,
) -> None:  # fmt: skip
    """Say what there is to say of a concept that was found: its display, its letters, its status."""
    concept = found.concept
    if concept is None:
        return
    told = await additions(finder, [concept], added)
    more = [d for body in told.get((concept.system.id, concept.code), ()) for d in body.get("designation", ())]
    listed = _listed(composed, concept)
    names = list(languages.names(concept, listed, more))
    wanted = asked.languages if asked.languages.tags else _of_value_set(composed)
    shown = languages.choose(names, wanted, concept.system.language) or concept.display
    verdict.display = verdict.display or shown
    if coding.get("display"):
        _display(asked, n, coding, concept, names, wanted, verdict)
    _letters(asked, n, coding, concept, verdict)
    _status(asked, n, concept, composed, listed, verdict)


def _of_value_set(composed: Composed) -> Languages:
    for extension in composed.resource.get("compose", {}).get("extension", ()):
        parts = {one.get("url"): one for one in extension.get("extension", ())}
        if parts.get("name", {}).get("valueCode") == "displayLanguage":
            return languages.parse(parts.get("value", {}).get("valueCode", ""))
    language = composed.resource.get("language", "")
    return Languages(tags=(language,)) if language else Languages()


def _listed(composed: Composed, concept: Concept) -> Json:
    key = concept.system.key(concept.code)
    for part in composed.every_part():
        if part.system is not None and part.system.id == concept.system.id and part.listed and key in part.listed:
            return part.listed[key]
    return {}


def _display(
    asked: Asked, n: int, coding: Json, concept: Concept, names: Sequence[Name], wanted: Languages, verdict: Verdict,
) -> None:  # fmt: skip
    display, code = coding["display"], f"{concept.system.url}#{concept.code}"
    own = concept.system.language
    usable = [one for one in names if not wanted.tags or _in(one, own, wanted)]
    right = {one.text for one in usable}
    if display in right or (not concept.system.case_sensitive and display.lower() in {t.lower() for t in right}):
        return
    tags = asked.languages.told
    elsewhere = {one.text for one in names if not (one.language or own) or (one.language or own) == own}
    place = asked.place(n, "display")
    if not usable and display in elsewhere:
        text = (
            f"There are no valid display names found for the code {code} for language(s) '{tags}'. "
            f"The display is '{display}' which is a valid display for the default language"
        )
        verdict.say(Issue(severity="information", code="invalid", kind="invalid-display", text=text, path=place))
        return
    if usable:
        text = f"Wrong Display Name '{display}' for {code}. {_valid(usable, own)} (for the language(s) '{tags}')"
    else:
        text = (
            f"Wrong Display Name '{display}' for {code}. There are no valid display names found for language(s) "
            f"'{tags}'. Default display is '{concept.display}'"
        )
    severity = "warning" if asked.lenient else "error"
    verdict.say(Issue(severity=severity, code="invalid", kind="invalid-display", text=text, path=place))


def _valid(usable: Sequence[Name], own: str) -> str:
    """Return the part of the sentence that lists what would have been right."""
    told = list(dict.fromkeys(_quoted(one, own) for one in usable))
    if len(told) == 1:
        return f"Valid display is {told[0]}"
    return f"Valid display is one of {len(told)} choices: {', '.join(told[:-1])} or {told[-1]}"


def _quoted(name: Name, own: str) -> str:
    language = name.language or own
    return f"'{name.text}' ({language})" if language else f"'{name.text}'"


def _in(name: Name, own: str, wanted: Languages) -> bool:
    language = name.language or own
    return not language or any(languages.matches(language, tag) for tag in wanted.tags)


def _letters(asked: Asked, n: int, coding: Json, concept: Concept, verdict: Verdict) -> None:
    """Tell of a code that is written with other letter sizes than its code system has."""
    code = coding.get("code", "")
    if code == concept.code:
        return
    text = (
        f"The code '{code}' differs from the correct code '{concept.code}' by case. Although the code system "
        f"'{concept.system.canonical}' is case insensitive, implementers are strongly encouraged to use the correct "
        "case anyway"
    )
    verdict.normalized = concept.code
    place = asked.place(n, "code")
    verdict.say(Issue(severity="information", code="business-rule", kind="code-rule", text=text, path=place),
                silent=True)  # fmt: skip


def _deprecates(extension: Json) -> bool:
    """Tell whether an extension says that a value set is about to leave a concept out."""
    stated = extension.get("url") == STANDARDS_STATUS and extension.get("valueCode") == "deprecated"
    given = extension.get("valueBoolean", extension.get("valueCode"))
    return stated or (extension.get("url") == _DEPRECATED and given in (True, "true"))


def _status(asked: Asked, n: int, concept: Concept, composed: Composed, listed: Json, verdict: Verdict) -> None:
    """Tell of a concept that should no longer be used, or that the value set is about to leave out."""
    status = concept.status
    named = f"{status} and inactive" if status not in ("", "inactive") else "inactive"
    if status == "deprecated" and not concept.inactive:
        text = f"The concept '{concept.code}' is deprecated and its use should be reviewed"
        verdict.say(Issue(severity="warning", code="business-rule", kind="code-comment", text=text,
                          path=asked.place(n, "code")))  # fmt: skip
    if concept.inactive:
        text = f"The concept '{concept.code}' has a status of {named} and its use should be reviewed"
        verdict.say(Issue(severity="warning", code="business-rule", kind="code-comment", text=text,
                          path=asked.place(n, "")))  # fmt: skip
    if any(_deprecates(extension) for extension in listed.get("extension", ())):
        text = (
            f"The presence of the concept '{concept.code}' in the system '{concept.system.url}' in the value set "
            f"{composed.canonical} is marked with a status of deprecated and its use should be reviewed"
        )
        verdict.say(Issue(severity="warning", code="business-rule", kind="code-comment", text=text,
                          path=asked.place(n, "code")), silent=True)  # fmt: skip
