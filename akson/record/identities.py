"""National numbers that cannot be right are refused, whoever sends them: a wrong digit is another person.

Source: the registers' own rules, akson/registers/identifiers.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from akson.base.errors import Refused
from akson.registers.identifiers import HPR_SYSTEM, ORG_SYSTEM, SYSTEMS, Fnr, Hpr, OrgNr, PersonKind

# A local aid number has no system of its own, so it is not among these.
_NUMBERS: Final[Mapping[str, Callable[[str], object]]] = {
    **{SYSTEMS[kind]: Fnr for kind in (PersonKind.FNR, PersonKind.DNR, PersonKind.FHN)},
    ORG_SYSTEM: OrgNr,
    HPR_SYSTEM: Hpr,
}


def refuse_wrong_numbers(resource: Mapping[str, Any]) -> None:
    """Raise Refused AK-R001 to AK-R007, with its path, for the first number that breaks the rules of its register."""
    given = resource.get("identifier")
    for n, identifier in enumerate(given if isinstance(given, list) else ()):
        number = _NUMBERS.get(identifier.get("system", ""))
        if number is not None and identifier.get("value"):
            try:
                number(identifier["value"])
            except Refused as refused:
                refused.path = f"{resource['resourceType']}.identifier[{n}].value"
                raise
