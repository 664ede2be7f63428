"""Tells whether a narrative is the plain, safe XHTML that FHIR allows.

Source: hl7.org/fhir/R4/narrative.html: no head, body, scripts, forms, frames, objects, external style sheets or event
handlers. Nothing is loaded from elsewhere when a narrative is shown (the page's content security policy sees to that).
"""

from __future__ import annotations

import html.entities
import re
from typing import Final
from xml.parsers import expat

BLANK: Final = "the XHTML has no content (txt-2)"
XHTML: Final = "http://www.w3.org/1999/xhtml"
_ELEMENTS: Final = frozenset(
    "a abbr acronym b bdo big blockquote br caption cite code col colgroup dd del dfn div dl dt em h1 h2 h3 h4 h5 h6 hr"
    " i img ins kbd li ol p pre q s samp small span strong strike sub sup table tbody td tfoot th thead tr tt u ul"
    " var address center font dir".split()
)
_ATTRIBUTES: Final = frozenset(
    "abbr accesskey align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign char charoff charset"
    " cite class clear color colspan compact coords datetime dir face frame headers height href hreflang hspace id lang"
    " longdesc name nowrap rel rev rowspan rules scope shape size span src start style summary tabindex title type"
    " valign value vspace width xml:lang xml:space xmlns".split()
)
_LINK = re.compile(r"(?:#|https?://|mailto:|tel:|urn:|[^:\\]*$)", re.IGNORECASE)
_PICTURE = re.compile(r"(?:#|https?://|data:image/(?:png|gif|jpe?g|webp);|(?!//)[^:\\]*$)", re.IGNORECASE)
_ELSEWHERE = re.compile(r"https?://", re.IGNORECASE)
_STYLE = re.compile(
    r"(?:url|image|image-set|src)\s*\(|expression|javascript|behavior|binding|@import|\\|/\*", re.IGNORECASE
)
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")
_XML_ENTITIES = frozenset({"amp", "lt", "gt", "quot", "apos"})


class _Unsafe(Exception):
    """The fault, in a sentence."""


def finding(div: str) -> tuple[str, str] | None:
    """Return the severity of the gravest thing found in the XHTML of `Narrative.div`, and what it is; None: all well.

    Two things are warned of only, since R4's own examples do them: a text of blanks, and a picture from elsewhere.
    """
    seen = _Seen()
    parser = expat.ParserCreate()
    parser.StartElementHandler = seen.start
    parser.EndElementHandler = seen.end
    parser.CharacterDataHandler = seen.text
    parser.StartDoctypeDeclHandler = _no_doctype
    parser.ProcessingInstructionHandler = _no_instruction
    parser.StartCdataSectionHandler = _no_section
    parser.CommentHandler = _comment
    try:
        parser.Parse(numbered(div), True)  # noqa: FBT003
    except _Unsafe as unsafe:
        return "error", str(unsafe)
    except expat.ExpatError as error:
        return "error", f"the XHTML is not well-formed: {error}"
    if not seen.content:
        return "warning" if seen.blanks and seen.bare else "error", BLANK
    return ("warning", "a picture lies elsewhere and will not be shown") if seen.elsewhere else None


def fault(div: str) -> str | None:
    """Return what must keep the XHTML out, or None."""
    found = finding(div)
    return found[1] if found and found[0] == "error" else None


def numbered(div: str) -> str:
    """Return the XHTML with entities of HTML, as &nbsp;, by number: so any XML parser knows them."""
    return _ENTITY.sub(_as_number, div) if "&" in div else div


def _as_number(entity: re.Match[str]) -> str:
    """Return an entity of HTML in a form that XML knows as well."""
    name = entity[1]
    known = html.entities.name2codepoint.get(name)
    return entity[0] if name in _XML_ENTITIES or known is None else f"&#{known};"


def _no_doctype(*_: object) -> None:
    raise _Unsafe("a document type is not allowed in XHTML")


def _no_instruction(*_: object) -> None:
    raise _Unsafe("a processing instruction is not allowed in XHTML")


def _no_section() -> None:
    """Refuse what is text to XML and ends at the first `>` to a browser, which then runs what follows."""
    raise _Unsafe("a CDATA section is not allowed in XHTML")


def _comment(text: str) -> None:
    if text.startswith((">", "->")):  # `<!-->` is a whole comment to a browser, and the rest is not
        raise _Unsafe("a comment that ends where it begins is not allowed in XHTML")


class _Seen:
    """What the parser has met so far."""

    def __init__(self) -> None:
        self.depth = 0
        self.content = False
        self.bare = True  # nothing but text so far
        self.blanks = False
        self.elsewhere = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self.depth == 0 and (name != "div" or attributes.get("xmlns") != XHTML):
            raise _Unsafe(f'the XHTML must be one <div xmlns="{XHTML}">')
        if name not in _ELEMENTS:
            raise _Unsafe(f"<{name}> is not allowed in XHTML")
        self.bare = self.depth == 0
        self.depth += 1
        self.content = self.content or name == "img"
        for attribute, value in attributes.items():
            _check(name, attribute, value)
        self.elsewhere = self.elsewhere or bool(_ELSEWHERE.match(attributes.get("src", "").strip()))

    def end(self, _: str) -> None:
        self.depth -= 1

    def text(self, text: str) -> None:
        self.content = self.content or not text.isspace()
        self.blanks = True


def _check(element: str, attribute: str, value: str) -> None:
    """Raises _Unsafe when the attribute may run something or load something from elsewhere."""
    if attribute not in _ATTRIBUTES:
        raise _Unsafe(f"the attribute {attribute} is not allowed on <{element}>")
    value = value.strip()
    if attribute in {"href", "cite", "longdesc"} and not _LINK.match(value):
        raise _Unsafe(f"the link in {attribute} of <{element}> is not allowed")
    if attribute == "src" and not _PICTURE.match(value):
        raise _Unsafe("a picture must lie in the resource itself, or at an address of the web")
    if attribute == "style" and _STYLE.search(value):
        raise _Unsafe(f"the style of <{element}> is not allowed")
    if attribute == "xmlns" and value != XHTML:
        raise _Unsafe(f"the namespace of <{element}> is not XHTML's")
