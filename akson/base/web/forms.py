"""Forms as data: what is asked, how an answer is read, and the sentence when it cannot be.

    VITALS = Form(Number(name="temp", label="vitals.temp", unit="°C", lowest=Decimal(20), highest=Decimal(45)), ...)
    sent = VITALS.read(visit.form)
    if sent.valid: sent.values["temp"]

Labels, help and faults are keys of the message catalogue; `macro` is the macro of macros.html that draws the field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import ClassVar

from akson.base.errors import Refused

Choices = tuple[tuple[str, str], ...]  # (value, what people read)


@dataclass(frozen=True)
class Fault:
    """Why an answer cannot be used: a message key with its values, or a finished sentence.

    at  id of what must be mended, where the page draws it itself
    """

    key: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    sentence: str = ""
    at: str = ""


@dataclass(frozen=True, kw_only=True)
class Field:
    """One line of text."""

    macro: ClassVar[str] = "text"
    inputmode: ClassVar[str] = "text"

    name: str
    label: str
    help: str = ""
    required: bool = True
    longest: int = 200
    autocomplete: str = "off"

    def parse(self, raw: str) -> object:
        """Return the value of what was typed; raises Unreadable."""
        if len(raw) > self.longest:
            raise Unreadable("form.too_long", longest=self.longest)
        return raw


class Unreadable(Exception):
    """What was typed is not a value of the field."""

    def __init__(self, key: str, **values: object) -> None:
        self.fault = Fault(key, values)
        super().__init__(key)


@dataclass(frozen=True, kw_only=True)
class LongText(Field):
    """Several lines of text."""

    macro = "long_text"
    longest: int = 100_000
    rows: int = 3


@dataclass(frozen=True, kw_only=True)
class Hidden(Field):
    """What the form carries along, such as the version it was drawn from."""

    macro = "hidden"
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Day(Field):
    """A date: from the browser's own picker or typed as people write it."""

    macro = "day"

    def parse(self, raw: str) -> date:
        for shape in ("%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y", "%d%m%Y"):
            try:
                return datetime.strptime(raw, shape).date()  # noqa: DTZ007  a date has no zone
            except ValueError:
                continue
        raise Unreadable("form.not_a_day", typed=raw)


@dataclass(frozen=True, kw_only=True)
class TimeOfDay(Field):
    """A time of day, Norwegian civil time: from the browser's own picker or typed as people write it."""

    macro = "time"

    def parse(self, raw: str) -> time:
        for shape in ("%H:%M", "%H.%M", "%H%M"):
            try:
                return datetime.strptime(raw, shape).time()  # noqa: DTZ007  a time of day has no zone
            except ValueError:
                continue
        raise Unreadable("form.not_a_time", typed=raw)


@dataclass(frozen=True, kw_only=True)
class Number(Field):
    """A figure with decimal comma. `lowest` and `highest` guard against mistyping and are inclusive."""

    macro = "figure"

    unit: str = ""
    decimals: int = 0
    lowest: Decimal | None = None
    highest: Decimal | None = None

    @property
    def keyboard(self) -> str:
        return "decimal" if self.decimals else "numeric"

    def parse(self, raw: str) -> Decimal:
        bare = raw.replace(" ", "").replace("\N{NO-BREAK SPACE}", "").replace("−", "-").replace(",", ".")
        try:
            value = Decimal(bare)
        except InvalidOperation:
            raise Unreadable("form.not_a_number", typed=raw) from None
        if not value.is_finite():
            raise Unreadable("form.not_a_number", typed=raw)
        self._believable(value, raw)
        return value

    def _believable(self, value: Decimal, raw: str) -> None:
        if (self.lowest is not None and value < self.lowest) or (self.highest is not None and value > self.highest):
            hint = "form.outside_comma" if self.decimals and "," not in raw else "form.outside"
            raise Unreadable(hint, typed=raw, unit=self.unit, lowest=self.lowest, highest=self.highest)
        if -int(value.as_tuple().exponent) > self.decimals:
            raise Unreadable("form.too_fine", typed=raw, decimals=self.decimals)


@dataclass(frozen=True, kw_only=True)
class Choice(Field):
    """One of a few answers. `drawn` says how: "radios", "segments" or "select".

    choices  or what gives them for each reader, whose language the words are in
    """

    choices: Choices | Callable[[], Choices]
    drawn: str = "radios"

    @property
    def macro(self) -> str:  # type: ignore[override]
        return self.drawn

    @property
    def offered(self) -> Choices:
        return self.choices() if callable(self.choices) else self.choices

    def parse(self, raw: str) -> str:
        if raw not in {value for value, _ in self.offered}:
            raise Unreadable("form.not_a_choice")
        return raw


@dataclass(frozen=True, kw_only=True)
class Confirm(Field):
    """A sentence that must be ticked."""

    macro = "confirm"

    def parse(self, raw: str) -> bool:
        return True


@dataclass(frozen=True)
class Bound:
    """A field with what was typed and what is wrong with it; what a template draws."""

    field: Field
    raw: str
    fault: Fault | None = None

    @property
    def id(self) -> str:
        return f"f-{self.field.name}"


@dataclass(frozen=True, kw_only=True)
class Filled:
    """A form with its answers."""

    bound: Mapping[str, Bound]
    values: Mapping[str, object] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()  # those that belong to no field
    sent: bool = False

    def __getitem__(self, name: str) -> Bound:
        return self.bound[name]

    def __iter__(self) -> Iterator[Bound]:
        return iter(self.bound.values())

    @property
    def wrong(self) -> tuple[Bound, ...]:
        """Return the fields that must be mended, in the order of the form."""
        return tuple(bound for bound in self if bound.fault)

    @property
    def written(self) -> tuple[Bound, ...]:
        """Return what was written at length, which nobody should have to write again."""
        return tuple(bound for bound in self if isinstance(bound.field, LongText) and bound.raw)

    @property
    def valid(self) -> bool:
        return self.sent and not self.wrong and not self.faults

    def with_fault(self, fault: Fault, at: str | None = None) -> Filled:
        """Return the form with one more fault, at the field `at` or at the top."""
        if at is not None and at in self.bound:
            return replace(self, bound={**self.bound, at: replace(self.bound[at], fault=fault)})
        return replace(self, faults=(*self.faults, fault))

    def with_refused(self, refused: Refused) -> Filled:
        """Return the form with the refusal's sentence where it belongs."""
        return self.with_fault(Fault(sentence=refused.text), refused.path)


class Form:
    """The questions."""

    def __init__(self, *fields: Field) -> None:
        self.fields = fields

    def blank(self, **prefilled: object) -> Filled:
        """Return the form as first shown, with what is known already."""
        return Filled(bound={asked.name: Bound(asked, _typed(prefilled.get(asked.name))) for asked in self.fields})

    def read(self, form: Mapping[str, str]) -> Filled:
        """Read what was sent."""
        bound: dict[str, Bound] = {}
        values: dict[str, object] = {}
        for asked in self.fields:
            raw = form.get(asked.name, "").strip().replace("\r\n", "\n")
            fault = None
            try:
                values[asked.name] = _answer(asked, raw)
            except Unreadable as unreadable:
                fault = unreadable.fault
            bound[asked.name] = Bound(asked, raw, fault)
        return Filled(bound=bound, values=values, sent=True)


_MISSING = {Choice: "form.must_choose", Confirm: "form.must_confirm"}


def _answer(asked: Field, raw: str) -> object:
    if raw:
        return asked.parse(raw)
    if not asked.required:
        return None
    raise Unreadable(_MISSING.get(type(asked), "form.must_fill"))


def _typed(value: object) -> str:
    """Return a value as it would have been typed."""
    if value is None:
        return ""
    return str(value).replace(".", ",") if isinstance(value, Decimal) else str(value)
