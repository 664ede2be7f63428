"""Random questions: values taken from the data and bent a little, near misses, and what nobody has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from random import Random
from typing import Any

from tests.spec.searching.definitions import COLUMNS, Parameter, compartment, parameters, resource_types
from tests.spec.searching.extracting import found
from tests.spec.searching.features import Features
from tests.spec.searching.people import GP, NURSE
from tests.spec.searching.people import SYSTEM as PROGRAM
from tests.spec.searching.terms import MEANT, SYSTEM
from tests.spec.searching.values import BASE, Amount, Ref, Span, Token
from tests.spec.searching.world import NOT_WRITTEN, World

Pairs = list[tuple[str, str]]
MOST_WANTED = ("Observation", "Patient", "Encounter", "Condition", "MedicationRequest")
ZONES = (UTC, timezone(timedelta(hours=1)), timezone(timedelta(hours=2)), timezone(timedelta(hours=-5)))


class Generator:
    """Makes questions about one world."""

    def __init__(self, world: World, features: Features, seed: int) -> None:
        self.world, self.features, self.random = world, features, Random(seed)
        self._types = [t for t in resource_types() if t not in NOT_WRITTEN and self.world.held.get(t)]
        self.values: dict[tuple[str, str], list[Any]] = {}
        self.pointing: dict[str, list[tuple[str, str]]] = {}

    def question(self) -> tuple[str, str, Pairs, bool]:
        """Return who asks, of which type, what, and whether by POST."""
        r = self.random
        user = r.choice((PROGRAM, PROGRAM, NURSE, GP))
        type_ = r.choice(MOST_WANTED) if r.random() < 0.35 else r.choice(self._types)
        pairs: Pairs = []
        for _ in range(r.choice((0, 1, 1, 1, 1, 2, 2, 3))):
            pair = self.criterion(type_, self.features.chains, self.features.has)
            pairs += [pair] if pair else []
        if r.random() < 0.3:
            kept = len(self.world.held[type_])
            pairs.append(
                ("_count", str(r.choice((1, 2, 3, 5, 10, 100)) if kept < 30 else kept // r.choice((1, 2, 3, 7))))
            )
        if r.random() < 0.25 and (sort := self._sort(type_)):
            pairs.append(("_sort", sort))
        if r.random() < 0.3:
            pairs.append(("_total", r.choice(("accurate", "none"))))
        if r.random() < 0.25:
            pairs += self._includes(type_)
        if self.features.words and r.random() < 0.03:
            words = ("søvn", "fall", "smerter", "hjemmet", "østgård", "vik", "intet")
            pairs.append((r.choice(("_text", "_content")), r.choice(words)))
        r.shuffle(pairs)
        if self.features.compartments and r.random() < 0.05 and type_ in compartment("Patient"):
            person = r.choice([one for one in self.world.held["Patient"] if user in one.sees])
            return user, f"{person.ref}/{type_}", pairs, False
        return user, type_, pairs, self.features.post and r.random() < 0.15

    # One criterion ---------------------------------------------------------------------------------------------

    def criterion(self, type_: str, chains: int, has: int) -> tuple[str, str] | None:
        r = self.random
        if has and chains and r.random() < 0.12:
            return self._has(type_, chains, has)
        if chains and r.random() < 0.2:
            return self._chain(type_, chains, has)
        if r.random() < 0.05:
            return self._column(type_)
        if self.features.lists and r.random() < 0.02:
            return "_list", r.choice([*self.world.held["List"]]).id
        names = [p for p in parameters(type_).values() if p.kind in self.features.kinds and p.name not in COLUMNS]
        parameter = r.choice(names)
        if r.random() < 0.7 and (known := [p for p in names if self._values(p)]):
            parameter = r.choice(known)
        modifier = r.choice(
            ("", "", "", *self.features.modifiers.get(parameter.kind, ()), *self.features.modifiers.get("", ()))
        )
        if (
            modifier in ("missing", "identifier")
            and "resolve()" in parameter.expression
            and not self.features.unresolved
        ):
            return None
        if modifier == "missing" and (parameter.kind != "composite" or self.features.together):
            return f"{parameter.name}:missing", r.choice(("true", "false"))
        modifier = "" if modifier == "missing" else modifier
        return self._composite(parameter) if parameter.kind == "composite" else self._asked(parameter, modifier)

    def _asked(self, parameter: Parameter, modifier: str) -> tuple[str, str] | None:
        r = self.random
        asked = []
        name = parameter.name
        for _ in range(r.choice((1, 1, 1, 1, 2, 3))):
            values = self._values(parameter)
            value = r.choice(values) if values and r.random() < 0.93 else self._nobodys(parameter)
            if modifier == "type" and isinstance(value, Ref):
                type_ = value.local.partition("/")[0] if value.local else next(iter(parameter.targets), "Patient")
                if type_ not in parameter.targets or "Resource" in parameter.targets:
                    return None
                name, text = f"{parameter.name}:{type_}", (value.local or "x/nobody").partition("/")[2]
                return name, text
            text = _WAYS[parameter.kind](self, value, modifier)
            asked += [text] if text else []
        if not asked:
            return None
        return name + (f":{modifier}" if modifier else ""), ",".join(asked)

    def _composite(self, parameter: Parameter) -> tuple[str, str] | None:
        """Ask for the parts of one element, or of two different ones."""
        r = self.random
        whole = [element for element in self._values(parameter) if all(element)]
        if not whole:
            return None
        asked = []
        for _ in range(r.choice((1, 1, 2))):
            picked = [r.choice((r.choice(whole), element)) for element in [r.choice(whole)] * len(parameter.components)]
            ways = [
                _WAYS[kind](self, r.choice(each[n]), "")
                for n, ((kind, _), each) in enumerate(zip(parameter.components, picked, strict=True))
            ]
            asked += ["$".join(way or "" for way in ways)] if all(ways) else []
        return (parameter.name, ",".join(asked)) if asked else None

    def _values(self, parameter: Parameter) -> list[Any]:
        """Return what the data hold for a parameter; each once."""
        key = (parameter.type, parameter.name)
        if key not in self.values:
            kept = self.world.held.get(parameter.type, ())
            every = [v for one in kept for v in found(one, parameter)] if parameter.kind in self.features.kinds else []
            self.values[key] = list(dict.fromkeys(every))
        return self.values[key]

    def _nobodys(self, parameter: Parameter) -> Any:
        if parameter.kind == "reference" and (told := self._told_of(parameter)):
            return Ref(f"{self.random.choice(told)}/nobody", None)
        return self.random.choice(NOBODYS[parameter.kind])

    def _told_of(self, parameter: Parameter) -> list[str]:
        """Return the types that the data point to by a parameter."""
        return sorted({v.local.partition("/")[0] for v in self._values(parameter) if v.local})

    def _column(self, type_: str) -> tuple[str, str]:
        kept = self.world.held[type_]
        if self.random.random() < 0.5:
            ids = [self.random.choice(kept).id for _ in range(self.random.choice((1, 2)))]
            return "_id", ",".join([*ids, *self.random.choice(([], ["nobody"]))])
        text = self.random.choice(kept).resource["meta"]["lastUpdated"]
        return "_lastUpdated", self.random.choice(self.features.prefixes) + self.random.choice(
            (text, text[:10], text[:7])
        )

    def _chain(self, type_: str, chains: int, has: int) -> tuple[str, str] | None:
        r = self.random
        refs = [p for p in parameters(type_).values() if p.kind == "reference" and self._values(p)]
        if not refs:
            return None
        parameter = r.choice(refs)
        targets = [t for t in self._told_of(parameter) if t in self.world.held]
        if not targets:
            return None
        target = r.choice(targets)
        rest = self.criterion(target, chains - 1, has)
        if rest is None or rest[0] in ("_has",):
            return None
        plain = _same_for_all(parameter.targets, rest[0]) and r.random() < 0.5
        return (parameter.name if plain else f"{parameter.name}:{target}") + f".{rest[0]}", rest[1]

    def _has(self, type_: str, chains: int, has: int) -> tuple[str, str] | None:
        named = self._pointing_at(type_)
        if not named:
            return None
        source, name = self.random.choice(named)
        rest = self.criterion(source, chains and chains - 1, has - 1)
        return (f"_has:{source}:{name}:{rest[0]}", rest[1]) if rest else None

    def _pointing_at(self, type_: str) -> list[tuple[str, str]]:
        """Return (type, parameter) of what points at resources of a type."""
        if not self.pointing:
            for each in self._types:
                for parameter in parameters(each).values():
                    for target in self._told_of(parameter) if parameter.kind == "reference" else ():
                        self.pointing.setdefault(target, []).append((each, parameter.name))
        return self.pointing.get(type_, [])

    def prefix(self) -> str:
        return self.random.choice((*self.features.prefixes, *(("ap",) if self.features.approximately else ())))

    # What shapes the answer ------------------------------------------------------------------------------------

    def _sort(self, type_: str) -> str | None:
        fits = [
            p.name
            for p in parameters(type_).values()
            if p.kind in self.features.sort and p.name not in COLUMNS and p.name != "_lastUpdated"
        ]
        some = self.random.sample([*fits, "_lastUpdated", "_id"], k=self.random.choice((1, 1, 2)) if fits else 1)
        return ",".join(self.random.choice(("", "-")) + name for name in some)

    def _includes(self, type_: str) -> Pairs:
        r = self.random
        pairs: Pairs = []
        for _ in range(r.choice((1, 1, 2))):
            iterate = ":iterate" if self.features.iterate and r.random() < 0.3 else ""
            if r.random() < 0.5 and (named := self._pointing_at(type_)):
                source, name = r.choice(named)
                pairs.append((f"_revinclude{iterate}", f"{source}:{name}" + r.choice(("", f":{type_}"))))
                continue
            refs = [p for p in parameters(type_).values() if p.kind == "reference" and self._values(p)]
            if refs:
                parameter = r.choice(refs)
                target = r.choice(["", *(f":{t}" for t in self._told_of(parameter))])
                wild = self.features.wildcards and r.random() < 0.15
                pairs.append((f"_include{iterate}", f"{type_}:*" if wild else f"{type_}:{parameter.name}{target}"))
        return pairs


def escaped(text: str) -> str:
    """Return `text` as it is written in a query."""
    for sign in ("\\", ",", "|", "$"):
        text = text.replace(sign, "\\" + sign)
    return text


def _token(g: Generator, value: Token, modifier: str) -> str | None:
    r = g.random
    if modifier in ("in", "not-in"):
        return r.choice(sorted(MEANT))
    if modifier in ("below", "above"):
        system = r.choice((SYSTEM, SYSTEM, value.system or SYSTEM))
        return f"{escaped(system)}|{escaped(value.code or 'K86')}"
    if modifier == "text":
        return escaped((value.text or "søvn")[: r.choice((2, 5, 100))].strip()) or None
    if modifier == "of-type":
        type_ = next((t for t in value.type if all(t)), ("http://terminology.hl7.org/CodeSystem/v2-0203", "MR"))
        return "|".join(escaped(part) for part in (str(type_[0]), str(type_[1]), value.code or "0"))
    if value.code is None:
        return None
    code = escaped(value.code)
    if g.features.letter_case and r.random() < 0.2:
        code = r.choice((code.upper(), code.lower()))
    ways = [code, code]
    if value.system:
        ways += [
            f"{escaped(value.system)}|{code}",
            f"{escaped(value.system)}|",
            f"{escaped(value.system)}x|{code}",
            f"|{code}",
        ]
    elif value.implied:
        ways += [f"{value.implied[0]}|{code}"] if g.features.implied_systems else []
    elif value.implied is None:
        ways += [f"|{code}", f"http://example.org/andre|{code}"]
    return r.choice(ways)


def _reference(g: Generator, value: Ref, modifier: str) -> str | None:
    r = g.random
    if modifier == "identifier":
        one = value.identifier
        asked = _token(g, one, "") if one else ""
        if asked and asked.endswith("|") and not g.features.by_system:
            return None
        return asked if one else "http://example.org/koder|T90"
    if value.local:
        ways = [value.local, value.local, value.local.partition("/")[2]]
        return r.choice([*ways, f"{BASE}/{value.local}"] if g.features.absolute and g.features.own else ways)
    if value.url and (g.features.absolute or "/fhir/" not in value.url):
        version = f"|{value.version}" if value.version and g.features.versions and r.random() < 0.5 else ""
        return escaped(value.url) + version
    return None


def _string(g: Generator, value: str, modifier: str) -> str | None:
    r = g.random
    if modifier == "exact":
        return escaped(r.choice((value, value, value.lower(), value[:-1]))) or None
    at = r.randrange(len(value)) if modifier == "contains" else 0
    part = value[at : at + r.choice((1, 2, 3, 5, 8, 300))]
    if at + len(part) > 180 and not g.features.long:
        return None
    bent = r.choice((part, part, part.upper(), part.lower(), part.replace("é", "e"), part.replace("å", "a")))
    return escaped(bent) if bent.strip() == bent and bent else None


def _uri(g: Generator, value: str, modifier: str) -> str | None:
    r = g.random
    if modifier and not value.startswith("http"):
        return None  # only addresses have something above and below
    ways = {"": (value, value, value + "x"), "below": (value + "/", value.rpartition("/")[0] + "/"),
            "above": (f"{value}/under/x", value + "x")}  # fmt: skip
    bent = ways[modifier]
    return escaped(r.choice(bent)) or None


def _date(g: Generator, value: Span, _modifier: str) -> str | None:
    r = g.random
    end = r.choice((value.low, value.high))
    end = end if 1800 < end.year < 2200 else datetime(2020, 2, 29, 12, tzinfo=ZONES[0])
    end += r.choice((timedelta(0), timedelta(0), timedelta(seconds=-1), timedelta(days=1), timedelta(days=-400)))
    there = end.astimezone(r.choice(ZONES))
    text = r.choice((
        there.strftime("%Y"), there.strftime("%Y-%m"), there.strftime("%Y-%m-%d"), there.isoformat(timespec="minutes"),
        there.isoformat(timespec="seconds"), there.isoformat(timespec="milliseconds"), there.strftime("%Y-%m-%dT%H:%M"),
        there.astimezone(ZONES[0]).strftime("%Y-%m-%dT%H:%M:%SZ"),
    ))  # fmt: skip
    return g.prefix() + text


def _number(g: Generator, value: Span, _modifier: str) -> str | None:
    r = g.random
    ends = [e for e in (value.low, value.high) if e.is_finite()]
    exact = r.choice(ends)
    step = Decimal((0, (1,), int(exact.as_tuple().exponent)))
    bent = r.choice(
        (
            exact,
            exact,
            exact,
            exact + step,
            exact - step,
            exact + step / 2,
            exact - step / 2,
            exact * 10,
            round(exact, 0),
            exact.quantize(step / 10),
        )
    )
    return g.prefix() + format(bent, "f")


def _quantity(g: Generator, value: Amount, _modifier: str) -> str | None:
    r = g.random
    amount = _number(g, value.span, "")
    ways = [amount, amount]
    if value.code and value.system:
        ways += [f"{amount}|{escaped(value.system)}|{escaped(value.code)}", f"{amount}||{escaped(value.code)}"] * 2
        ways += [f"{amount}|{escaped(value.system)}|kg"] if g.features.ucum else []
    if value.unit:
        ways += [f"{amount}||{escaped(value.unit)}"]
    return r.choice(ways)


def _same_for_all(targets: Sequence[str], rest: str) -> bool:
    """Say whether what stands behind a chain means the same for all types it may lead to: then none need be named."""
    if len(targets) == 1 or rest.startswith("_has:"):
        return True
    base = rest.partition(":")[0]
    kinds = {parameters(one)[base].kind for one in targets if base in parameters(one)}
    return len(kinds) == 1 and not kinds & {"reference", "composite", "special"}


_WAYS: Mapping[str, Callable[[Generator, Any, str], str | None]] = {
    "token": _token, "reference": _reference, "string": _string, "uri": _uri, "date": _date, "number": _number,
    "quantity": _quantity,
}  # fmt: skip
NOBODYS: Mapping[str, list[Any]] = {
    "token": [Token(None, "ingen"), Token("http://example.org/koder", "K8")],
    "reference": [Ref(None, "http://example.org/nobody")],
    "string": ["Ingen heter dette", "aase", "Ã"],
    "uri": ["http://example.org/ingen"],
    "date": [Span(datetime(1800, 1, 2, tzinfo=ZONES[0]), datetime(1800, 1, 3, tzinfo=ZONES[0]))],
    "number": [Span(Decimal("12345.678"), Decimal("12345.678"), closed=True)],
    "quantity": [Amount(Span(Decimal("12345.678"), Decimal("12345.678"), closed=True), None, None, None)],
}  # fmt: skip
