"""What can be wrong with an expression, or with what it is applied to."""

from __future__ import annotations

from typing import Literal

Kind = Literal["syntax", "semantic", "execution", "too-costly"]


class FhirPathError(ValueError):
    """An expression cannot be read (syntax), means nothing for its type (semantic), or fails on its input.

    at    the sign of the expression where the fault lies, counted from 0; None when it is the expression as a whole
    kind  "too-costly": the work was broken off because it passed a limit
    """

    def __init__(self, message: str, *, kind: Kind = "execution", at: int | None = None) -> None:
        self.kind = kind
        self.at = at
        super().__init__(message if at is None else f"at {at}: {message}")
