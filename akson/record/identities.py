"""National numbers that cannot be right are refused, whoever sends them: a wrong digit is another person.

Source: the registers' own rules, akson/registers/identifiers.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from akson.base.database import Database
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.registers.identifiers import HPR_SYSTEM, ORG_SYSTEM, SYSTEMS, Fnr, Hpr, OrgNr, PersonKind

SQL = queries(__file__, "identities.sql")

# A local aid number has no system of its own, so it is not among these.
_NUMBERS: Final[Mapping[str, Callable[[str], object]]] = {
    **{SYSTEMS[kind]: Fnr for kind in (PersonKind.FNR, PersonKind.DNR, PersonKind.FHN)},
    ORG_SYSTEM: OrgNr,
    HPR_SYSTEM: Hpr,
}


def refuse_wrong_numbers(resource: Mapping[str, Any], *, synthetic: bool) -> None:
    """Raise Refused AK-R001 to AK-R009, with its path, for the first number that breaks the rules of its register.

    synthetic  numbers of invented persons are taken
    """
    given = resource.get("identifier")
    for n, identifier in enumerate(given if isinstance(given, list) else ()):
        number = _NUMBERS.get(identifier.get("system", ""))
        if number is not None and identifier.get("value"):
            try:
                made = number(identifier["value"])
                if isinstance(made, Fnr):
                    _refuse_misplaced(made, identifier["system"], synthetic=synthetic)
            except Refused as refused:
                refused.path = f"{resource['resourceType']}.identifier[{n}].value"
                raise


def _refuse_misplaced(made: Fnr, system: str, *, synthetic: bool) -> None:
    """Raise when the number is of another kind than its system says: under two systems it could be two persons'."""
    if made.synthetic and not synthetic:
        raise Refused("AK-R004")
    if SYSTEMS[made.kind] != system:
        raise Refused("AK-R009")


async def holds_invented(database: Database) -> bool:
    """Tell whether the number of an invented person is in the database."""
    return bool(await database.fetchval(SQL.invented))
