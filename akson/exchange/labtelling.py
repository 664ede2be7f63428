"""A report from laboratory, pathology or radiology as people read it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from akson.exchange.labreport import Report, Result, Said, Sample, moment
from akson.exchange.nodes import OSLO

_NAMES: Final = {"N": "", "M": " (endret)", "A": " (tillegg)", "C": " (trukket tilbake)", "H": " (historikk)"}
_STATES: Final = {"S": "planlagt", "P": "foreløpig rapport", "F": "endelig rapport", "A": "tillegg til rapport"}
_RESULT: Final = {  # Volven 8245 of a new result
    "": "final", "1": "amended", "2": "preliminary", "3": "final", "4": "final", "5": "registered", "6": "registered",
    "7": "registered", "8": "preliminary", "9": "preliminary", "10": "preliminary", "11": "final", "12": "preliminary",
    "13": "final", "14": "cancelled", "15": "registered",
}  # fmt: skip
COMPARED: Final = {"LT": "<", "LE": "<=", "GE": ">=", "GT": ">"}  # Volven 8239
WITHDRAWN: Final = "Svaret er trukket tilbake av den som ga det."


def title(report: Report) -> str:
    """Return "Svar: Medisinsk biokjemi (endret)"."""
    return f"Svar: {report.field.name or report.field.value}{_NAMES.get(report.change.value, '')}"


def paragraphs(report: Report) -> list[str]:
    """Return a report in reading order: what it is, the samples, the results, the remarks."""
    head = f"{report.field.name or report.field.value}, {_STATES.get(report.state.value, report.state.name)}"
    issued = f"Rapport av {report.issued.astimezone(OSLO):%d.%m.%Y}"
    samples = [_sample_words(each) for each in report.samples]
    lines = [line for result in report.results for line in _words(result, 0)]
    said = [f"{head}. {issued}.", "\n".join(report.reasons), "\n".join(samples), "\n".join(lines)]
    return [part for part in (*said, *report.remarks) if part]


def _sample_words(sample: Sample) -> str:
    taken = ""
    if sample.collected:
        at = datetime.fromisoformat(sample.collected)
        taken = f", tatt {at.astimezone(OSLO):%d.%m.%Y %H.%M}" if "T" in sample.collected else f", tatt {at:%d.%m.%Y}"
    parts = [sample.name or sample.id, *([sample.origin] if sample.origin else [])]
    return f"Prøve: {', '.join(parts)}{taken}" + "".join(f" – {each}" for each in sample.remarks)


def _words(result: Result, depth: int) -> Iterator[str]:
    """Yield "B-Hemoglobin: 15,0 g/dL (11,7 - 15,3)", its texts, and its parts below it."""
    value = " ".join(filter(None, (compared(result), result.number.replace(".", ","), result.unit)))
    value = value or moment(result.date) or result.date
    texts = list(filter(None, map(_said_words, result.texts)))
    short = texts.pop(0) if not value and texts and "\n" not in texts[0] else ""
    asides = [f"({result.reference})" if result.reference else "", result.deviation.name if result.deviation else ""]
    asides += [f"[{result.status.name}]" if result.status and result.status.value not in ("", "3", "11") else ""]
    line = f"{result.name}: {value or short}" if value or short else result.name
    indent = "– " * depth
    yield indent + " ".join(filter(None, (WITHDRAWN if _is_withdrawn(result) else "", line, *asides))).strip()
    yield from texts
    yield from (f"{what.name or what.value}: {said}" for what, _, said in result.structured)
    yield from result.remarks
    for part in result.parts:
        yield from _words(part, min(depth + 1, 4))


def _said_words(said: Said) -> str:
    coded = said.coded
    return said.text if not coded or coded == said.text else f"{coded}: {said.text}" if said.text else coded


def compared(result: Result) -> str:
    """Return "<" or the like before a number, or ""."""
    return COMPARED.get(result.comparator.value, result.comparator.name) if result.comparator else ""


def _is_withdrawn(result: Result) -> bool:
    return result_status(result) == "cancelled"


def result_status(result: Result) -> str:
    """Return the status of a result as FHIR has it, from Volven 8270 and 8245."""
    change, state = result.change.value if result.change else "N", result.status.value if result.status else ""
    known = _RESULT.get(state, "unknown")
    if change == "C" or known == "cancelled":
        return "cancelled"
    return "amended" if change == "M" and known == "final" else known
