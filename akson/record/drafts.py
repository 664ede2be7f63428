"""What a caller wants written, one thing at a time, and where in what was sent it stood."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, ParamSpec, TypeVar

import msgspec

from akson.base.errors import Refused
from akson.fhir import bodies, owners

PERSON_TYPE = "Patient"
Keys = Collection[tuple[int, str, str]]  # owner, type, id
ITSELF = 0  # what `Draft.belongs` says of what stands by itself
P = ParamSpec("P")
T = TypeVar("T")


class Draft(msgspec.Struct, kw_only=True):
    """One thing to be written, as the caller gives it.

    resource  checked by akson.fhir.checks; None for a delete
    body      its JSON
    id        given for an update or delete; for a create only when minted beforehand
    if_match  the version the caller has seen; None: whatever is current
    path      of the resource in what was sent, e.g. "Bundle.entry[3].resource"; "" when it was sent alone
    belongs   the owner's key where what it says names nobody who is here, or ITSELF; found by stubs.py
    """

    method: str  # POST, PUT, DELETE
    type: str
    id: str | None = None
    resource: dict[str, Any] | None = None
    body: bytes = b""
    if_match: int | None = None
    path: str = ""
    belongs: int | None = None
    owner: int | None = None  # found by placing.py; given only by naming.py and stubs.py
    stands_with: int = 0  # the owner of what stands under its id, which must be the same; found by placing.py
    taken: bool = False  # its id, by what the caller may not know of; found by standing.py
    owner_reference: str | None = None
    owns_itself: bool = False
    _named: tuple[bytes, owners.Named] | None = None

    @property
    def brings(self) -> bool:
        """Whether it has content: anything but a delete."""
        return self.resource is not None

    def rewrite(self, body: bytes) -> None:
        """Give it another text."""
        self.body, self.resource = body, bodies.loads(body)

    @property
    def reference(self) -> str:
        """Where it is to stand: "Type/id"."""
        return f"{self.type}/{self.id}"

    @property
    def owner_named(self) -> tuple[int, str, str] | None:
        """The resource that it names as its owner: owner key, type, id."""
        if not self.owner_reference:
            return None
        type_, _, id_ = self.owner_reference.partition("/")
        return self.owner or 0, type_, id_

    def read_in_set(self, kind: Callable[[str], str | None]) -> None:
        """Find whom it names among those of its set: whether a name is a person's the text does not show.

        kind  gives the type of what the set calls so; None: it calls nothing so
        """
        self._named = self.body, owners.named(self.resource or {}, self.body, kind)

    @property
    def names(self) -> owners.Named:
        """Whom the resource names; found once for each text that the draft is given."""
        if self._named is None or self._named[0] is not self.body:
            self._named = self.body, owners.named(self.resource or {}, self.body)
        return self._named[1]


class TextDraft(Draft):
    """A draft that holds its text alone and reads it anew each time: of a set too large to be held as trees.

    A tree takes six to ten times the memory of its text. What is changed in one that was read is lost; see `rewrite`.
    """

    @property  # type: ignore[misc]  # a Struct allows it
    def resource(self) -> dict[str, Any] | None:
        read: dict[str, Any] | None = bodies.loads(self.body) if self.body else None
        return read

    @resource.setter
    def resource(self, read: dict[str, Any] | None) -> None:
        """Keep nothing: the text says the same."""

    @property
    def brings(self) -> bool:
        return bool(self.body)

    def rewrite(self, body: bytes) -> None:
        self.body = body


def as_text(draft: Draft) -> TextDraft:
    """Return the draft without its tree."""
    return TextDraft(**{name: getattr(draft, name) for name in Draft.__struct_fields__ if name != "resource"})


def owner_path(draft: Draft) -> str:
    """Return where the resource names its owner; its type when it owns itself."""
    named = (path.removesuffix("!") for path in owners.OWNERS.get(draft.type, ()))
    given = [path for path in named if path.partition(".")[0] in (draft.resource or {})]
    return f"{draft.type}.{given[0]}" if given and not draft.owns_itself else draft.type


def within(draft: Draft, act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what `act` does for a draft, and let a refusal say where in what was sent it arose."""
    try:
        return act(*args, **kwargs)
    except Refused as refused:
        tell_place(refused, draft)
        raise


def tell_place(refused: Refused, draft: Draft) -> None:
    """Let a refusal say where in what was sent it arose: "Observation.subject", "Bundle.entry[3].resource.subject".

    A refusal without a path is about the resource as it stands, and gets the path of its entry.
    """
    if draft.path:
        inside = (refused.path or "").partition(".")[2]
        entry = draft.path.removesuffix(".resource")
        refused.path = ".".join(filter(None, (draft.path, inside))) if refused.path else entry
