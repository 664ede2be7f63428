"""An authorisation request of an app, checked. Pure.

Source: RFC 6749 4.1.1, RFC 7636; hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#obtain-authorization-code
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from akson.fhir.scopes import gives, parsed
from akson.signin.smart.apps import PLAIN, App

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


class Declined(Exception):
    """What the app is told, at its redirect address."""

    def __init__(self, error: str, description: str = "") -> None:
        self.error, self.description = error, description
        super().__init__(error)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request that passed every check."""

    app: str
    redirect_uri: str
    scope: str  # what may be given of what was asked for
    challenge: str
    state: str
    nonce: str = ""
    launch: str = ""  # the secret the workplace handed out
    thumbprint: str = ""  # the key the tokens shall be bound to, when told beforehand

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset(self.scope.split())

    @property
    def needs_patient(self) -> bool:
        return needs_patient(self.scope)


def needs_patient(scope: str) -> bool:
    """Say whether these scopes are about one patient, who must be known before they are given."""
    return any(one == "launch/patient" or one.startswith("patient/") for one in scope.split())


def checked(form: Mapping[str, str], app: App, audience: str) -> Asked:
    """Return the request in `form`; its client and redirect address are known to fit already.

    Raises Declined
    """
    if form.get("response_type") != "code":
        raise Declined("unsupported_response_type")
    if {"request", "request_uri"} & form.keys():
        raise Declined("request_not_supported")
    if form.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(form.get("code_challenge", "")):
        raise Declined("invalid_request", "PKCE with S256 is required")
    if not form.get("state"):
        raise Declined("invalid_request", "state is required")
    if form.get("aud", form.get("resource", "")).rstrip("/") != audience:
        raise Declined("invalid_request", f"aud must be {audience}")
    scope = granted(form.get("scope", ""), app, frozenset({"patient", "user"}))
    launched = "launch" in scope.split()
    if launched != bool(form.get("launch")):
        raise Declined("invalid_request", "the scope launch and the parameter launch belong together")
    return Asked(
        app=app.id, redirect_uri=form["redirect_uri"], scope=scope, challenge=form["code_challenge"],
        state=form["state"], nonce=form.get("nonce", ""), launch=form.get("launch", ""),
        thumbprint=form.get("dpop_jkt", ""),
    )  # fmt: skip


def granted(asked: str, app: App, contexts: frozenset[str]) -> str:
    """Return those scopes asked for that the app may be given; the rest is left out, as the answer says.

    contexts  patient and user when a person is there, system when not
    Raises    Declined invalid_scope when nothing is left
    """
    fit = [scope for scope in dict.fromkeys(asked.split()) if _may_give(scope, app, contexts)]
    if not any(parsed(scope) or scope == "openid" for scope in fit):
        raise Declined("invalid_scope")
    return " ".join(fit)


def _may_give(scope: str, app: App, contexts: frozenset[str]) -> bool:
    if scope in PLAIN:
        return "system" not in contexts and scope in app.scopes
    read = parsed(scope)
    return read is not None and read.context in contexts and any(gives(held, scope) for held in app.scopes)
