"""Templates to HTML: one Jinja environment over all feature folders.

`layout_staff.html` is looked for in base/web/templates, `workplace/overview.html` below the package akson.
Templates get plain values; a name that is missing is an error, not an empty string.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from akson.base.languages import LANGUAGES, language
from akson.base.web import charts
from akson.base.web.messages import HOME, Messages

OSLO = ZoneInfo("Europe/Oslo")
_DAYS = {
    "nb": ("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag"),
    "nn": ("måndag", "tysdag", "onsdag", "torsdag", "fredag", "laurdag", "sundag"),
}
_MONTHS = (
    "januar", "februar", "mars", "april", "mai", "juni",
    "juli", "august", "september", "oktober", "november", "desember",
)  # fmt: skip
_TOMORROW = {"nb": "i morgen", "nn": "i morgon"}
_UNKNOWN = {"nb": "ikke kjent", "nn": "ikkje kjent"}
_MISSING = {"nb": "mangler", "nn": "manglar"}


class Renderer:
    """Draws templates. One per process."""

    def __init__(
        self, messages: Messages, asset: Callable[[str], str], home: Path = HOME, *, reload: bool = False
    ) -> None:
        """Take the texts, and the function that gives a static file's address.

        reload  look for changed templates at every drawing, for those who write them
        """
        kit = Path(__file__).parent / "templates"
        self.messages = messages
        self._environment = Environment(
            loader=FileSystemLoader([kit, home]), autoescape=True, undefined=StrictUndefined, auto_reload=reload,
            trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.do"],
        )  # fmt: skip
        self._environment.globals.update(t=messages, asset=asset, charts=charts, language=language, languages=LANGUAGES)
        self._environment.filters.update(FILTERS)
        self._names = frozenset(self._environment.list_templates(extensions=["html"]))

    def exists(self, name: str) -> bool:
        return name in self._names

    def html(self, name: str, values: Mapping[str, object]) -> str:
        """Draw the template `name`; `values` must hold `now` when it shows times."""
        return self._environment.get_template(name).render(values)


def local(moment: datetime) -> datetime:
    return moment.astimezone(OSLO)


def full_date(day: date | None) -> str:
    """Return "14.03.1941"; "ikke kjent" when there is none."""
    return f"{_day(day):%d.%m.%Y}" if day else _UNKNOWN[language()]


def clock(moment: datetime) -> str:
    """Return "08.12"."""
    return f"{local(moment):%H.%M}"


def weekday(day: date) -> str:
    """Return "man. 23.11.2026"."""
    day = _day(day)
    return f"{day_name(day)[:3]}. {day:%d.%m.%Y}"


def day_name(day: date) -> str:
    """Return "mandag"."""
    return _DAYS[language()][day.weekday()]


def long_day(day: date) -> str:
    """Return "mandag 23. november"."""
    day = _day(day)
    return f"{day_name(day)} {day.day}. {_MONTHS[day.month - 1]}"


def short_weekday(day: date) -> str:
    return f"{day_name(_day(day))[:3]}."


def short_month(day: date) -> str:
    """Return "nov."; the three shortest months are written out."""
    name = _MONTHS[_day(day).month - 1]
    return name if len(name) <= 4 else f"{name[:3]}."


@pass_context
def when(context: Context, moment: date | None) -> str:
    """Return how people say it now: "i dag 08.12", "i går", "i morgen 10.40", "20.11", "20.11.2025"."""
    return said(moment, context["now"])


def said(moment: date | None, now: datetime) -> str:
    """Return `moment` seen from `now`; a moment of the nearest days keeps its clock time."""
    if moment is None:
        return _UNKNOWN[language()]
    day, today = _day(moment), _day(now)
    near = {today: "i dag", today - timedelta(days=1): "i går", today + timedelta(days=1): _TOMORROW[language()]}.get(
        day
    )
    if near is None:
        return f"{day:%d.%m}" if day.year == today.year else f"{day:%d.%m.%Y}"
    return f"{near} {clock(moment)}" if isinstance(moment, datetime) else near


def fnr(number: str) -> str:
    """Return a national id grouped as people read it: "148341 42059"; "mangler" when there is none."""
    return f"{number[:6]} {number[6:]}" if number else _MISSING[language()]


def number(value: Decimal | float | str | None) -> str:
    """Return a figure as written in Norwegian: "37,4", "2 840", "−2,3"."""
    if value is None:
        return "–"
    text = str(value) if isinstance(value, Decimal | str) else f"{value:g}"
    sign, bare = ("−", text[1:]) if text.startswith("-") else ("", text)
    whole, _, rest = bare.partition(".")
    grouped = f"{int(whole):,}".replace(",", "\N{NO-BREAK SPACE}") if whole.isdigit() and len(whole) > 3 else whole
    return sign + grouped + (f",{rest}" if rest else "")


def initials(name: str) -> str:
    """Return "JE" of "Jonas Eikeland"."""
    words = [word for word in name.split(",")[0].split() if word[:1].isalpha()]
    return (words[0][0] + words[-1][0]).upper() if words else ""


def person(family: str, given: str) -> str:
    """Return a person's name as the record writes it: "NORDLI, Astrid Marie"."""
    return f"{family.upper()}, {given}" if given else family.upper()


def _day(moment: date) -> date:
    return local(moment).date() if isinstance(moment, datetime) else moment


FILTERS: Mapping[str, Callable[..., str]] = {
    "date": full_date, "clock": clock, "weekday": weekday, "long_day": long_day, "short_weekday": short_weekday,
    "short_month": short_month, "when": when, "fnr": fnr, "number": number, "initials": initials, "name": person,
}  # fmt: skip
