"""Open what came: bytes -> envelope, receipt, or the reason why not with as much as could be made out. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from akson.exchange import fagmelding, hodemelding, nodes
from akson.exchange.envelope import Envelope, Sketch
from akson.exchange.messages import apprec
from akson.exchange.messages.apprec import AppRec
from akson.exchange.safexml import Fault, Schemas, Unreadable, parse

_NAV_WRAPPER: Final = "EI_fellesformat"  # NAV's own envelope around a message; it reaches others by mistake


@dataclass(frozen=True, kw_only=True)
class Opened:
    """One message, opened: exactly one of envelope, receipt and fault is there."""

    envelope: Envelope | None = None
    receipt: AppRec | None = None
    fault: Fault | None = None
    sketch: Sketch = field(default_factory=Sketch)  # filled where there is a fault

    @property
    def is_receipt(self) -> bool:
        """Say whether it is an AppRec, readable or not: those are never answered."""
        return self.receipt is not None or self.sketch.type == "APPREC"


def opened(data: bytes, schemas: Schemas | None = None) -> Opened:
    """Open a message; never raises: what is wrong with it is in the answer.

    schemas   the operator's XSDs; without them the message must only make sense
    """
    try:
        root = _unwrapped(parse(data))
    except Unreadable as refused:
        return Opened(fault=refused.fault)
    try:
        return _read(root, schemas)
    except Unreadable as refused:
        return Opened(fault=refused.fault, sketch=_sketch(root))


def refused(data: bytes, fault: Fault, type_: str) -> Opened:
    """Return a message whose seal is wrong: what it says is used to tell its sender so, and for nothing else.

    type_   what the transport calls it, where nothing can be made out of the message
    """
    try:
        sketch = _sketch(_unwrapped(parse(data)))
    except Unreadable:
        sketch = Sketch(type=type_)
    return Opened(fault=fault, sketch=sketch)


def _read(root: etree._Element, schemas: Schemas | None) -> Opened:
    name, namespace = nodes.local(root), nodes.namespace(root)
    if name == "AppRec":
        found = Opened(receipt=apprec.read(root))
    elif name == "MsgHead" and namespace == hodemelding.MSGHEAD:
        found = Opened(envelope=hodemelding.read(root))
    elif fagmelding.is_head(root):
        found = Opened(envelope=fagmelding.read(root))
    else:
        raise Unreadable("T10", "Dette er verken en hodemelding 1.2, en svarrapport eller en applikasjonskvittering.")
    if schemas:
        schemas.check(root)
    return found


def _unwrapped(root: etree._Element) -> etree._Element:
    if nodes.local(root) != _NAV_WRAPPER:
        return root
    inner = [each for each in root if nodes.local(each) in ("MsgHead", "AppRec")]
    return inner[0] if len(inner) == 1 else root


def _sketch(root: etree._Element) -> Sketch:
    if nodes.local(root) == "AppRec":
        return Sketch(type="APPREC", msg_id=nodes.text(root, "Id"))
    if fagmelding.is_head(root):
        return fagmelding.sketch(root)
    return hodemelding.sketch(root)
