"""What an operator is, and how one is run."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.conformance.mutating.tree import Json, Tree


@dataclass(frozen=True)
class Mutant:
    """A faulty text and the path at which the fault must be told; "" for the text as a whole."""

    text: bytes
    path: str


Operator = Callable[[Tree, Random], "str | Mutant | None"]  # changes the tree; None: nothing here to change
OPERATORS: dict[str, Operator] = {}


def operator_table(table: dict[str, Any]) -> Callable[[Any], Any]:
    """Return a decorator that puts functions into `table` under their names."""

    def register(change: Any) -> Any:
        if table.setdefault(change.__name__, change) is not change:
            raise ValueError(change.__name__)
        return change

    return register


operator = operator_table(OPERATORS)


def mutate(resource: Json, change: Operator, random: Random) -> Mutant | None:
    """Return what `change` makes of a copy of the resource, or None when it finds nothing to change."""
    tree = Tree(deepcopy(resource))
    made = change(tree, random)
    return Mutant(written(tree.resource), made) if isinstance(made, str) else made


def written(resource: Json) -> bytes:
    return json.dumps(resource, ensure_ascii=False).encode()
