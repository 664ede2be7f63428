"""As whom one acts now who subscribed, or began an export: asked before anything is told, part by part."""

from __future__ import annotations

from dataclasses import replace

from akson.base.work import Actor, Kind
from akson.doors.opening import clock
from akson.fhir.scopes import gives
from akson.record.office import Office
from akson.signin.sessions import SessionSettings
from akson.signin.smart.apps import Apps
from akson.signin.smart.granting import Grants
from akson.signin.tickets import Tickets
from akson.subscriptions.following import Acting


def standing(office: Office) -> Acting:
    """Return the function that tells it; None: the token, the app, the person's grant or the job is no more.

    A program of ours keeps what it is registered for now, of what its token gave.
    """
    tickets = Tickets(office.database)
    apps, grants = Apps(office.database), Grants(office.database, SessionSettings(secure=True), clock)

    async def now(actor: Actor) -> Actor | None:
        if actor.token and actor.token in await tickets.revoked(clock()):
            return None
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
