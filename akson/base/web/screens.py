"""Screens: a path, a permission, a handler, and what one is handed and answers.

    SCREENS = Screens(__name__)

    @SCREENS.screen("/p/{patient}/notat/ny", needs="notes:write", title="note.new")
    async def new_note(work: Work, visit: Visit, patient: str) -> Page | Go: ...

`door.py` makes routes of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from akson.base.web.render import Renderer
from akson.base.web.shell import Shell
from akson.base.work import Work


@dataclass(frozen=True, kw_only=True)
class Visit:
    """What the browser sent."""

    method: str
    path: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    pairs: tuple[tuple[str, str], ...]  # the same form as it was sent

    def every(self, name: str) -> list[str]:
        """Return all values of a name that may stand several times."""
        return [value for key, value in self.pairs if key == name]

    @property
    def sent(self) -> bool:
        return self.method == "POST"

    @property
    def asked(self) -> Mapping[str, str]:
        """Return what a page is asked for by: the form once it is sent, and the address until then."""
        return self.form if self.sent else self.query


class Page:
    """Show `template` (beside the handler, or one of the kit's) with plain values."""

    def __init__(self, template: str, *, status: int = 200, title: str = "", **values: object) -> None:
        self.template = template
        self.status = status
        self.title = title
        self.values = values


@dataclass(frozen=True)
class Go:
    """Done: go to `path` (within Akson), where the text of the message key `said` is shown once.

    undo   where what was done can be taken back: a link beside the text, also a path within Akson
    """

    path: str
    said: str = ""
    undo: str = ""


Answer = Page | Go | Response
Handler = Callable[..., Awaitable[Answer]]


@dataclass(frozen=True, kw_only=True)
class Menu:
    """The screen's place in the menu of its area."""

    text: str  # message key
    icon: str
    order: int
    keys: str = ""  # "g o"
    where: str = ""  # shown only where the shell has this; "": always


@dataclass(frozen=True, kw_only=True)
class Screen:
    """One screen."""

    path: str
    needs: str
    title: str
    handler: Handler
    folder: str  # of its templates, below akson: "clinical/notes"
    methods: Sequence[str] = ("GET", "POST")
    menu: Menu | None = None
    under: str = ""  # path of the screen whose menu entry is marked, where the address does not tell

    @property
    def name(self) -> str:
        """Return what the access log calls it."""
        return f"{self.folder}:{self.handler.__name__}"

    @property
    def area(self) -> str:
        """Return which menu it belongs to: "patient", "citizen" or "staff"."""
        return "patient" if self.path.startswith("/p/") else "citizen" if self.path.split("/")[1] == "min" else "staff"


class Screens:
    """The screens of one module."""

    def __init__(self, module: str) -> None:
        self.found: list[Screen] = []
        self._folder = "/".join(module.split(".")[1:-1])

    def screen(
        self,
        path: str,
        *,
        needs: str,
        title: str,
        methods: Sequence[str] = ("GET", "POST"),
        menu: Menu | None = None,
        under: str = "",
    ) -> Callable[[Handler], Handler]:
        """Register the handler below. `needs` is a permission; `title` a message key."""

        def register(handler: Handler) -> Handler:
            self.found.append(Screen(path=path, needs=needs, title=title, handler=handler, folder=self._folder,
                                     methods=methods, menu=menu, under=under))  # fmt: skip
            return handler

        return register


@dataclass(frozen=True, kw_only=True)
class Admitted:
    """One who has come in: their unit of work and the secret of their session (forms carry it, strangers cannot)."""

    work: Work
    secret: str


class SignInFirst(Exception):
    """Nobody is signed in, or the session has ended."""


class Context(Protocol):
    """What the composing application gives the kit."""

    @property
    def renderer(self) -> Renderer: ...

    @property
    def secure(self) -> bool:
        """Say whether browsers come by https, so that cookies are theirs for this host and https only."""
        ...

    def work(self, request: Request, screen: Screen) -> AbstractAsyncContextManager[Admitted]:
        """Open the unit of work of the one who asks; its end commits and makes the log durable.

        Raises  SignInFirst, Refused
        """
        ...

    def may(self, work: Work, needs: str) -> bool:
        """Say whether the actor's role holds the permission `needs`."""
        ...

    async def shell(self, work: Work) -> Shell:
        """Return what stands in the top bar."""
        ...

    async def once(self, key: str, holder: str) -> str | None:
        """Reserve the sending `key` for `holder`; return where it led when it has been carried out before.

        Raises  Refused AK-W004 when the first sending is still being carried out
        """
        ...

    async def carried(self, work: Work, key: str, holder: str, led: str) -> None:
        """Keep where the sending led, in one transaction with what `work` writes.

        Raises  Refused AK-W004 when it was freed meanwhile and somebody else carries it out; then nothing is written
        """
        ...

    async def free(self, key: str, holder: str) -> None:
        """Free a sending that led nowhere, if it is still `holder`'s."""
        ...
