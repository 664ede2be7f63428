"""Screens: a path, a permission, a handler. This turns them into routes that guard, refuse and answer alike.

    SCREENS = Screens(__name__)

    @SCREENS.screen("/p/{patient}/notat/ny", needs="notes:write", title="note.new")
    async def new_note(work: Work, visit: Visit, patient: str) -> Page | Go: ...

The answer is drawn inside the unit of work and sent after it has ended: what was written is committed, and the row of
the access log is on disk, before the first byte leaves.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import unquote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from akson.base.errors import Refused
from akson.base.web import sealed, sent
from akson.base.web.render import Renderer
from akson.base.web.shell import Item, Shell
from akson.base.work import Work

HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "object-src 'none'",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
LOG = logging.getLogger("akson.web")
AS_UNKNOWN = {"AK-A010": "AK-J001"}  # strictly confidential: as if there were nobody, down to the code on the page
SAID = "akson-said"  # cookie with the sentence to show once; see `said_in`


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


Explain = Callable[..., Awaitable["Page | None"]]  # (work, refused, **path parameters): what can be done about it


def routes(screens: Iterable[Screen], context: Context, *, explain: Explain | None = None) -> list[Route]:
    """Return the routes of `screens`. Two screens with the same path are an error.

    explain   draws a page for a refusal on a patient's page, or returns None; what it raises is told instead
    """
    every = sorted(screens, key=lambda screen: screen.path.count("{"))  # "/p/ny" before "/p/{patient}"
    paths = [screen.path for screen in every]
    if twice := {path for path in paths if paths.count(path) > 1}:
        raise ValueError(f"two screens at {sorted(twice)}")
    return [
        Route(one.path, Door(one, every, context, explain).answer, methods=list(one.methods), name=one.name)
        for one in every
    ]


@dataclass(frozen=True)
class Door:
    """The way into one screen."""

    screen: Screen
    every: Sequence[Screen]
    context: Context
    explain: Explain | None = None

    async def answer(self, request: Request) -> Response:
        if "\0" in request.scope["path"] + unquote(request.url.query):  # the database cannot hold it: nothing has it
            return refusal(self.context.renderer, Refused("AK-J001"))
        try:
            return await self._admitted(request, await visited(request))
        except SignInFirst:
            return guarded(sent.to_sign_in(request, comes_back="GET" in self.screen.methods))
        except Refused as refused:
            if refused.code == "AK-W001":
                address = request.client.host if request.client else ""
                LOG.warning("not let in", extra={"refused": refused.code, "address": address})
            return await self._refused(request, refused)

    async def _refused(self, request: Request, refused: Refused) -> Response:
        """Say why not, in a unit of work of its own: the attempt is in the log already."""
        if self.explain is not None and self.screen.area == "patient":
            try:
                async with self.context.work(request, self.screen) as admitted:
                    page = await self.explain(admitted.work, refused, **request.path_params)
                    response = await self._page(page, request, admitted) if page else None
                if response is not None:
                    return response
            except Refused as instead:
                return refusal(self.context.renderer, instead)
        return refusal(self.context.renderer, refused)

    async def _admitted(self, request: Request, visit: Visit) -> Response:
        holder, reserved = secrets.token_hex(8), ""
        try:
            async with self.context.work(request, self.screen) as admitted:
                self._check(request, visit, admitted)
                if visit.sent and (token := visit.form.get("_once", "")):
                    key = sealed.seal(sent.sending(token, visit.path, visit.pairs), admitted.secret)
                    if (before := await self.context.once(key, holder)) is not None:
                        return guarded(RedirectResponse(before, 303))
                    reserved = key
                answer = await self.screen.handler(admitted.work, visit, **request.path_params)
                response = await self._response(answer, request, admitted)
                if reserved and isinstance(answer, Go):
                    await self.context.carried(admitted.work, reserved, holder, answer.path)
            if isinstance(answer, Go):
                reserved = ""  # committed with what it wrote
            return response
        finally:
            if reserved:
                await self.context.free(reserved, holder)

    def _check(self, request: Request, visit: Visit, admitted: Admitted) -> None:
        """Refuse who may not, a form from elsewhere, and a form that was drawn for another patient."""
        if not self.context.may(admitted.work, self.screen.needs):
            raise Refused("AK-W003")
        if visit.sent:
            sent.same_origin(request)
            sent.same_session(visit.form.get("_csrf", ""), admitted.secret)
            if visit.form.get("_patient", here := request.path_params.get("patient", "")) != here:
                raise Refused("AK-W002")

    async def _response(self, answer: Answer, request: Request, admitted: Admitted) -> Response:
        if isinstance(answer, Go):
            return self._go(answer, admitted)
        return await self._page(answer, request, admitted) if isinstance(answer, Page) else guarded(answer)

    def _go(self, go: Go, admitted: Admitted) -> Response:
        if any(not path.startswith("/") or path.startswith("//") for path in (go.path, go.undo or "/")):
            raise ValueError("a screen leads to a path of our own")
        response = guarded(RedirectResponse(go.path, 303))
        if go.said:
            told = sealed.signed(f"{go.said} {go.undo}".rstrip(), admitted.secret)
            response.set_cookie(
                said_in(self.context), told, max_age=60, httponly=True, samesite="strict", secure=self.context.secure
            )
        return response

    async def _page(self, page: Page, request: Request, admitted: Admitted) -> Response:
        renderer, shell = self.context.renderer, await self.context.shell(admitted.work)
        told = sealed.opened(request.cookies.get(said_in(self.context), ""), admitted.secret)
        said, _, undo = told.partition(" ")
        values: dict[str, object] = {
            "now": admitted.work.now,
            "title": page.title or renderer.messages.plain(self.screen.title),
            "here": request.url.path,
            "shell": shell,
            "menu": self._menu(request.path_params, admitted.work, shell),
            "csrf": admitted.secret,
            "once": secrets.token_urlsafe(16),
            "said": said if said in renderer.messages else "",
            "undo": undo,
        }
        beside = f"{self.screen.folder}/{page.template}"
        template = beside if renderer.exists(beside) else page.template
        response = guarded(HTMLResponse(renderer.html(template, values | page.values), page.status))
        if said_in(self.context) in request.cookies:
            response.delete_cookie(said_in(self.context), httponly=True, samesite="strict", secure=self.context.secure)
        return response

    def _menu(self, parameters: Mapping[str, Any], work: Work, shell: Shell) -> tuple[Item, ...]:
        """Return the menu of the screen's area: those screens that there is something on and the actor may open."""
        shown = [
            one for one in self.every
            if one.menu and one.area == self.screen.area and one.menu.where in ("", *shell.has)
            and self.context.may(work, one.needs)
        ]  # fmt: skip
        here = self.screen.under or self.screen.path
        above = [one.path for one in shown if here == one.path or here.startswith(one.path + "/")]
        nearest = max(above, key=len, default="")
        shown.sort(key=lambda one: one.menu.order if one.menu else 0)
        return tuple(self._item(one.menu, one.path, parameters, nearest) for one in shown if one.menu)

    def _item(self, menu: Menu, path: str, parameters: Mapping[str, Any], nearest: str) -> Item:
        href = re.sub(r"\{(\w+)\}", lambda name: str(parameters.get(name[1], "")), path)
        text = self.context.renderer.messages.plain(menu.text)
        return Item(href=href, text=text, icon=menu.icon, keys=menu.keys, current=path == nearest)


def said_in(context: Context) -> str:
    """Return what the cookie with the sentence is called."""
    return f"__Host-{SAID}" if context.secure else SAID


async def visited(request: Request) -> Visit:
    """Read what the browser sent. Raises Refused AK-J009 when it is too large."""
    pairs = await sent.pairs(request) if request.method == "POST" else []
    query = dict(request.query_params)
    return Visit(method=request.method, path=request.url.path, query=query, form=dict(pairs), pairs=tuple(pairs))


def guarded(response: Response) -> Response:
    """Return the response with the headers every answer to a browser carries."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def refusal(renderer: Renderer, refused: Refused) -> Response:
    """Return the page that says why not; it never holds personal data."""
    code = AS_UNKNOWN.get(refused.code, refused.code)
    return problem(renderer, refused.status, refused.text, code)


def problem(renderer: Renderer, status: int, text: str = "", code: str = "") -> Response:
    """Return a page for a status: the given sentence, or the catalogue's for that status."""
    known = status if status in {403, 404, 500, 503} else 500 if status >= 500 else 404
    head = renderer.messages.plain(f"problem.head_{known}" if not text else "problem.head")
    said = text or renderer.messages.plain(f"problem.text_{known}")
    return guarded(HTMLResponse(renderer.html("problem.html", {"head": head, "text": said, "code": code}), status))


def handlers(renderer: Renderer) -> dict[Any, Callable[[Request, Exception], Response]]:
    """Return what Starlette calls for addresses that do not exist and for bugs; the pages tell no more than that."""
    return {
        HTTPException: lambda _, fault: problem(renderer, getattr(fault, "status_code", 500)),
        Exception: lambda _, fault: problem(renderer, 500),
    }
