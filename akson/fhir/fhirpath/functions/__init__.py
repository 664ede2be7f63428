"""The functions of FHIRPath, by family; FUNCTIONS holds them by name. Each docstring says what a call gives."""

from akson.fhir.fhirpath.functions import (
    conversion,
    existence,
    fhir,
    filtering,
    maths,
    precision,
    strings,
    subsetting,
    utility,
    views,
)
from akson.fhir.fhirpath.functions.registry import FUNCTIONS, Function

__all__ = ["FUNCTIONS", "Function", "conversion", "existence", "fhir", "filtering", "maths", "precision", "strings",
           "subsetting", "utility", "views"]  # fmt: skip
