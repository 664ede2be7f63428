"""Random expressions that can be read: every function and operator, on names and values that often do not fit."""

from __future__ import annotations

from random import Random

from akson.fhir.fhirpath.functions import FUNCTIONS

NAMES = (
    "name given family birthDate value extension active contained id use code coding effective multipleBirth deceased"
    " Patient managingOrganization generalPractitioner text status referenceRange low high"
).split()
VALUES = [
    "1", "0", "-1", "2.5", "'a'", "''", "'2020-01-01'", "true", "false", "{}", "@2020", "@2020-02-29", "@T10:30",
    "@2020-01-01T10:00:00Z", "@2020-01-01T10:00", "4 days", "1 year", "5 'mg'", "0 'kg'", "1 'foo'", "1 'Cel'",
    "%resource", "%rootResource", "%ucum", "$this", "$index", "$total", "'(a+'", "'[0-9]+'", "2147483647",
]  # fmt: skip
OPERATORS = "+ - * / div mod & | = != ~ !~ < > <= >= in contains and or xor implies".split()
TYPES = "Patient HumanName string code Quantity System.Quantity FHIR.Quantity Boolean Element Resource Date".split()


class Expressions:
    """Makes expressions of at most three levels."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def one(self, depth: int = 3) -> str:
        """Return an expression."""
        found, chance = self.path(depth), self.random.random()
        if chance < 0.45 and depth:
            return f"{found} {self.random.choice(OPERATORS)} {self.path(depth - 1)}"
        if chance < 0.5:
            return f"{found} {self.random.choice(('is', 'as'))} {self.random.choice(TYPES)}"
        return f"-{found}" if chance < 0.53 else found

    def path(self, depth: int) -> str:
        simple = not depth or self.random.random() < 0.45
        found = self.random.choice(NAMES + VALUES) if simple else f"({self.one(depth - 1)})"
        while depth and self.random.random() < 0.55:
            found += self.step(depth)
        return found

    def step(self, depth: int) -> str:
        chance = self.random.random()
        if chance < 0.35:
            return "." + self.random.choice(NAMES)
        return f"[{self.one(0)}]" if chance < 0.42 else "." + self.call(depth)

    def call(self, depth: int) -> str:
        name = self.random.choice(sorted(FUNCTIONS))
        least, most = FUNCTIONS[name].arguments
        number = self.random.randint(least, min(most, 3))
        if name in {"ofType", "as", "is"}:
            return f"{name}({self.random.choice(TYPES)})"
        return f"{name}({', '.join(self.one(depth - 1) for _ in range(number))})"
