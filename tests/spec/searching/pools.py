"""What invented resources are made of: few values, so that questions find some; odd ones, so that they miss some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

WORDS = (
    "Åse", "Ærlig talt", "Østgård", "Nordli", "nordlys", "Élise", "Müller", "Ole-Johan", "Vik", "Å", "søvn og hvile",
    "SØVN", "Bjørg", "Kari  Nordmann", "d'Arc", "Ånund", "Aas", "Zoë", "fall i hjemmet", "Fall", "100 %", "A,B", "x|y", "pris $",
    f"En lang tekst om {'mye ' * 60}og til slutt en kråke",
)  # fmt: skip
SYSTEMS = ("http://example.org/koder", "http://example.org/koder/under", "urn:oid:2.16.578.1.12.4.1.1.9999")
CODES = ("K86", "k86", "L84", "T90", "æøå", "A-1", "R05", "a,b", "123")
URLS = (
    "http://example.org/ting", "http://example.org/ting/a", "http://example.org/ting/a/b", "http://example.org/tingest",
    "https://example.no/æ", "urn:oid:1.2.3", "urn:oid:1.2.3.4", "http://EXAMPLE.org/ting",
)  # fmt: skip
DATES = ("2019", "2020", "2020-02", "2020-02-29", "2020-03-01", "2019-12-31", "2021-06-15", "1941-03-14", "2020-01-01")
TIMES = (
    "2020-02-29T23:30:00+01:00", "2020-02-29T23:30:00Z", "2020-03-01T00:30:00+01:00", "2019-12-31T23:59:59.999Z",
    "2020-01-01T00:00:00+01:00", "2020-01-01T00:00:00Z", "2020-03-29T02:30:00+02:00", "2020-10-25T02:30:00+01:00",
    "2021-06-15T12:00:00+02:00", "2021-06-15T12:00:00.5+02:00", "2021-06-15T05:00:00-05:00", "2020-02-29T12:00:00.123456Z",
)  # fmt: skip
DECIMALS = tuple(
    map(Decimal, "1.5 1.50 100 99.5 100.5 100.4 0.001 2 5.4 5.35 5.45 0.05 12.25 1000 3 37.0 98.6 2.0".split())
)
UCUM = "http://unitsofmeasure.org"
UNITS = (  # unit, system, code
    ("mg", UCUM, "mg"), ("g", UCUM, "g"), ("milligram", UCUM, "mg"), ("kg", UCUM, "kg"), ("°C", UCUM, "Cel"),
    ("mmol/l", UCUM, "mmol/L"), ("tabletter", None, None), ("stk", "http://example.org/enheter", "stk"), ("cm", UCUM, "cm"),
    ("mm", UCUM, "mm"), (None, UCUM, "g/L"), (None, UCUM, "mg/dL"),
)  # fmt: skip
TIME_UNITS = (("år", UCUM, "a"), ("min", UCUM, "min"), ("s", UCUM, "s"), ("timer", UCUM, "h"))
PRIMITIVES: Mapping[str, Sequence[Any]] = {
    "string": WORDS, "markdown": WORDS, "uri": URLS, "url": URLS[:5], "canonical": (*URLS[:4], "http://example.org/ting|1.0"),
    "oid": ("urn:oid:1.2.3", "urn:oid:1.2.3.4"), "uuid": ("urn:uuid:6b1b1b1b-0000-4000-8000-000000000001",),
    "date": DATES, "dateTime": (*DATES, *TIMES), "instant": TIMES, "time": ("08:30:00", "23:59:59"), "id": ("a1", "B-2"),
    "boolean": (True, False), "integer": (0, 1, 2, 7, 100), "positiveInt": (1, 2, 7, 100), "unsignedInt": (0, 1, 7, 100),
    "decimal": DECIMALS, "base64Binary": ("aGVp",), "code": ("alfa", "beta"), "xhtml": ("",),
}  # fmt: skip
CODES_OF: Mapping[str, Sequence[str]] = {
    "http://hl7.org/fhir/ValueSet/mimetypes": ("text/plain", "application/pdf"),
    "http://hl7.org/fhir/ValueSet/ucum-units": ("mg", "g"),
    "http://hl7.org/fhir/ValueSet/detectedissue-status": ("final", "amended"),
    "http://hl7.org/fhir/ValueSet/all-types": ("Patient", "string"),
}
