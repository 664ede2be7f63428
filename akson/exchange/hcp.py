"""Who sends and receives where there is no Hodemelding: HCP with institution, department and person. Pure."""

from __future__ import annotations

from lxml import etree

from akson.exchange.envelope import Ident, Organisation, Party, Professional
from akson.exchange.nodes import child, children, code, text


def read(node: etree._Element | None) -> Party | None:
    """Return an HCP as a party: institution, innermost department, last person; None where nobody is named."""
    institution = child(node, "Inst")
    if institution is None:
        institution = child(node, "HCProf")
    if institution is None:
        return None
    departments = children(institution, "Dept")
    people = [*children(institution, "HCPerson"), *(each for one in departments for each in children(one, "HCPerson"))]
    return Party(
        organisation=_organisation(institution),
        service=_organisation(departments[-1]) if departments else None,
        professional=Professional(family=text(people[-1], "Name"), idents=idents(people[-1])) if people else None,
    )


def _organisation(node: etree._Element) -> Organisation:
    return Organisation(name=text(node, "Name"), idents=idents(node))


def idents(node: etree._Element) -> tuple[Ident, ...]:
    """Return the identifiers of one level."""
    pairs = [(text(node, "Id"), code(node, "TypeId"))]
    pairs += [(text(more, "Id"), code(more, "Type")) for more in children(node, "AdditionalId")]
    return tuple(Ident(value, kind.value, "", kind.name) for value, kind in pairs if value and kind)
