"""Who sends and receives where there is no Hodemelding: HCP with institution, department, person. Pure."""

from __future__ import annotations

from lxml import etree

from akson.exchange.envelope import Code, Ident, Organisation, Party, Professional
from akson.exchange.nodes import child, children, code, put, put_code, put_text, text


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


def write(parent: etree._Element, party: Party) -> None:
    """Append a party as an HCP, in the namespace of `parent`."""
    institution = put(put(parent, "HCP"), "Inst")
    _put_named(institution, party.organisation.name, party.organisation.idents)
    if party.service:
        _put_all(put(institution, "Dept"), party.service.name, party.service.idents)
    _put_more(institution, party.organisation.idents)
    if party.professional:
        _put_all(put(institution, "HCPerson"), party.professional.name, party.professional.idents)


def _put_all(node: etree._Element, name: str, idents: tuple[Ident, ...]) -> None:
    _put_named(node, name, idents)
    _put_more(node, idents)


def _put_named(node: etree._Element, name: str, idents: tuple[Ident, ...]) -> None:
    """Append the name and the first identifier."""
    put_text(node, "Name", name)
    for ident in idents[:1]:
        put(node, "Id", ident.value)
        put_code(node, "TypeId", Code(value=ident.kind, name=ident.name))


def _put_more(node: etree._Element, idents: tuple[Ident, ...]) -> None:
    """Append all identifiers but the first."""
    for ident in idents[1:]:
        more = put(node, "AdditionalId")
        put(more, "Id", ident.value)
        put_code(more, "Type", Code(value=ident.kind, name=ident.name))
