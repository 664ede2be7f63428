"""Questions about codes, over what the standard itself brings (loaded at set-up)."""

from __future__ import annotations

from urllib.parse import quote

_HL7 = "http://hl7.org/fhir"
_STATUSES = ("registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown")
_ACTS = ("ACT", "OBS", "ENC", "PROC", "SBADM", "SPLY", "DOC", "CNTRCT")


def lookups() -> list[str]:
    """Return the paths of $lookup, over two code systems."""
    asked = [(f"{_HL7}/observation-status", code) for code in _STATUSES]
    asked += [("http://terminology.hl7.org/CodeSystem/v3-ActClass", code) for code in _ACTS]
    return [f"/fhir/CodeSystem/$lookup?system={quote(system)}&code={code}" for system, code in asked]


def validations() -> list[str]:
    """Return the paths of ValueSet/$validate-code, codes right and wrong."""
    found = []
    for code in (*_STATUSES, "nonsense"):
        sets, system = quote(f"{_HL7}/ValueSet/observation-status"), quote(f"{_HL7}/observation-status")
        found.append(f"/fhir/ValueSet/$validate-code?url={sets}&system={system}&code={code}")
    return found


def expansions() -> list[str]:
    """Return the paths of $expand: pages of twenty out of some hundred codes, some by text."""
    url = quote("http://terminology.hl7.org/ValueSet/v3-ActClass")
    begin = f"/fhir/ValueSet/$expand?url={url}&count=20"
    return [f"{begin}&offset={offset}" for offset in (0, 20, 60)] + [f"{begin}&filter={t}" for t in ("act", "obs")]
