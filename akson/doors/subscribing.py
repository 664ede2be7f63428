"""As whom one who subscribes acts now: asked before anything is told, for what it was made with may be no more."""

from __future__ import annotations

from dataclasses import replace

from akson.base.work import Actor, Kind
from akson.doors.opening import clock
from akson.fhir.scopes import gives
from akson.record.office import Office
from akson.signin.sessions import SessionSettings
from akson.signin.smart.apps import Apps
from akson.signin.smart.granting import Grants
from akson.subscriptions.following import Acting


def standing(office: Office) -> Acting:
    """Return the function that tells it; None: the app, the person's grant or the employment is no more.

    A program of ours keeps what it is registered for now, of what its token gave.
    """
    apps, grants = Apps(office.database), Grants(office.database, SessionSettings(secure=True), clock)

    async def now(actor: Actor) -> Actor | None:
        if actor.client:
            app = await apps.find(actor.client)
            if app is None or await grants.standing(actor.client, actor.grant) is None:
                return None
            kept = frozenset(one for one in actor.scopes if any(gives(held, one) for held in app.scopes))
            actor = replace(actor, scopes=kept or frozenset({"none"}))
        if actor.kind is Kind.STAFF and not await office.register.still_employed(actor, office.clock()):
            return None
        return actor

    return now
