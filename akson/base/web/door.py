"""The way into a screen: who comes in, what was sent, and what is answered; guards, refuses and answers alike.

The answer is drawn inside the unit of work and sent after it has ended: what was written is committed, and the row of
the access log is on disk, before the first byte leaves.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from akson.base.errors import Refused
from akson.base.web import sealed, sent
from akson.base.web.answers import guarded, refusal
from akson.base.web.screens import Admitted, Answer, Context, Go, Menu, Page, Screen, SignInFirst, Visit
from akson.base.web.shell import Item, Shell
from akson.base.work import Work

LOG = logging.getLogger("akson.web")
SAID = "akson-said"  # cookie with the sentence to show once; see `said_in`

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
