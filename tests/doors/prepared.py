"""What must have happened before some pages draw their forms: done as its users do it, by the forms that come before.

What comes from outside (a message, an app, a finding of the surveillance, records of long ago) is put there by the
programs that bring it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx

from akson.access.roles import OWN_JOB
from akson.base.jobs import deliver
from akson.base.work import Actor, Kind, Purpose
from akson.doors.opening import opened
from akson.doors.running import consumers
from akson.exchange import delivery, inbox, outbox
from akson.exchange.safexml import Fault
from akson.exchange.states import Event
from akson.record import ending, journal
from akson.record.office import Office
from akson.record.search.searching import search
from akson.signin.sessions import SessionSettings
from akson.signin.smart.apps import App, Apps
from akson.signin.smart.granting import Grant, Grants
from peers.mailbox import opened as store
from peers.nav import INVITATION, OFFICE, Meeting, Nav
from seeds.fjordvik import LEGEVAKT
from tests.exchange.care import SERVICE, care
from tests.exchange.letters import ASTRID, HEART, NORDRE, written
from tests.exchange.test_fagdokument import ASKING, carried
from tests.exchange.test_letters_out import TYPES

if TYPE_CHECKING:
    from tests.doors.forms import House

WORDS = "Noe som er skrevet, og som er langt nok"
BASE = "http://akson.test"
ABROAD = type(NORDRE)(99999999, "Ukjent", 99999998, "Ukjent")
JOB = Actor(kind=Kind.SYSTEM, id="Device/akson", key=0, name="Akson", role="system", scopes=frozenset({OWN_JOB}))


async def prepare(house: House) -> None:
    """Let everything happen once."""
    async with opened(house.settings) as office:
        await _comes(house, office)
        await _said(house, office)
        await _decided(house, office)
        await _opened(house, office)
        await _heard(office)


async def _comes(house: House, office: Office) -> None:
    """Let messages come, apps be let in, and records be as old as they get."""
    bodies = (written(to=ABROAD), written(to=ABROAD, msg_id="d-2"), care("UTSKRIVNINGSRAPPORT", msg_id="plo-2", to=replace(SERVICE, service=None)),
              care("UTSKRIVNINGSRAPPORT"), carried(TYPES[0], ASKING))  # fmt: skip
    for body in bodies:
        await inbox.keep(office.database, body, now=office.clock(), envelope_from=HEART.her_id)
    await inbox.keep(office.database, _invitation(office), now=office.clock())
    await delivery.receive_due(office)
    await _old(house, office)
    await _dies(house, office)
    await _heard(office)


def _invitation(office: Office) -> bytes:
    """Return a meeting as NAV asks for it."""
    nav = Nav(akson_url=BASE, secret="s", store=store(":memory:"), client=httpx.AsyncClient(), place=OFFICE)
    when = f"{office.clock() + timedelta(days=7):%d.%m.%Y} kl. 10.00"
    nav.invite(INVITATION, Meeting(ASTRID, "Astrid", "Nordli", NORDRE.her_id, when, "Storgata 1", "Velkommen."))
    ((body,),) = nav.store.execute("SELECT body FROM outgoing ORDER BY id DESC LIMIT 1")
    nav.store.close()
    return bytes(body)


async def _old(house: House, office: Office) -> None:
    """Let there be people of whom nobody has written since 1999, and the job have looked at everybody."""
    (sara,) = await house.actors(office.register, "sara")
    now, office.clock = office.clock, lambda: datetime(1999, 4, 1, 9, 0, tzinfo=UTC)
    unit = {"reference": house.names[LEGEVAKT.key]}
    for family in ("Vik", "Nes", "Dal"):
        async with office.work(JOB, Purpose.SYSTEM) as work:
            name = {"name": [{"family": family, "given": ["Per"]}], "birthDate": "1931-05-02"}
            made = await journal.create(work, {"resourceType": "Patient", **name})
            over = {"managingOrganization": unit, "period": {"start": "1999-04-01", "end": "1999-04-02"}}
            await journal.create(work, {"resourceType": "EpisodeOfCare", "status": "active", **over,
                                        "patient": {"reference": made.reference}})  # fmt: skip
        async with office.work(sara, Purpose.TREATMENT) as work:
            await journal.create(work, {"resourceType": "Condition", "subject": {"reference": made.reference}})
    office.clock = now
    after = ending.FIRST
    while (after := await ending.propose(office, after, office.clock())) != ending.FIRST:
        pass


async def _dies(house: House, office: Office) -> None:
    """Let another one die whom Tone was as close to as to Magne."""
    async with office.work(JOB, Purpose.SYSTEM) as work:
        magne = [("patient", house.names["Patient/magne"])]
        close = (await search(work, "RelatedPerson", magne)).hits[0].resource
        name = {"name": [{"family": "Vik", "given": ["Aud"]}], "deceasedDateTime": "2026-10-01"}
        made = await journal.create(work, {"resourceType": "Patient", **name})
        for gone in ("id", "meta"):
            close.pop(gone, None)
        await journal.create(work, {**close, "patient": {"reference": made.reference}})


async def _said(house: House, office: Office) -> None:
    """Let citizens tell, ask, demand, and stop their own access."""
    for name, onske in (("astrid", "correction"), ("astrid", "deletion"), ("erik", "deletion")):
        link = await house.link(name, "/min/journal/retting", "hva=", {"correction": 0, "deletion": -1}[onske])
        await house.fill(name, link, onske=onske, ord=WORDS)
    await house.ask("jonas", "GET", f"/p/{house.id('Patient/astrid')}")
    link = await house.link("astrid", "/min/innsyn", "/min/innsyn/forklaring")
    await house.fill("astrid", link, onske="explanation", ord=WORDS)
    await house.fill("astrid", "/min/om-meg/endre?del=about", important=WORDS)
    await house.fill("tone", "/min/innsyn/etterlatt", avdod=house.id("Patient/magne"), ord=WORDS)
    await house.sign_in("ida")
    await house.fill("ida", "/min/innsyn/stopp")
    await _heard(office)


async def _decided(house: House, office: Office) -> None:
    """Let who answers for the record refuse two and give a relative insight; then the citizen appeals one refusal."""
    for path in sorted(await house.links("gunnar", "/krav", "/krav/")):
        page = (await house.ask("gunnar", "GET", path)).text
        if "Innsyn etter dødsfall" in page:
            given = next(one for one in house.read("gunnar", path, page) if "gi" in one.offered).offered["gi"][0]
            until = (office.clock() + timedelta(days=30)).date().isoformat()
            await house.fill("gunnar", path, utfall="granted", svar=WORDS, leses_til=until, gi=given)
        elif "slettet" in page.partition("<h1")[2].partition("</h1>")[0]:
            await house.fill("gunnar", path, utfall="refused", svar=WORDS)
    await _heard(office)
    await house.fill("tone", "/min/innsyn/etterlatt", avdod=house.id("Patient/magne"), ord=WORDS)
    await house.fill("astrid", await house.link("astrid", "/min/innsyn", "/min/innsyn/klage"), ord=WORDS)
    innsyn = f"/p/{house.id('Patient/astrid')}/innsyn"
    entry = await house.link("jonas", innsyn, "hva=Observation")
    await house.fill("jonas", entry, do="withhold", grunnlag="close", hvorfor=WORDS)


async def _opened(house: House, office: Office) -> None:
    """Let a doctor open records with a reason, the manager ask about one and report one, and a message be given up."""
    for key in ("emil", "ola", "erik"):
        page = f"/p/{house.id(f'Patient/{key}')}"
        (form,) = [one for one in house.read("sara", page, (await house.ask("sara", "GET", page)).text)
                   if "grunnlag" in one.offered]  # fmt: skip
        await house.fill("sara", page, grunnlag=next(filter(None, form.offered["grunnlag"])), begrunnelse=WORDS)
    await _heard(office)
    for does in ("asked", "reported"):
        await house.fill("guri", "/apninger", gjor=does, ord=WORDS)
    until = (office.clock() + timedelta(days=30)).date().isoformat()
    await house.fill("per", "/fulgt", fnr=ASTRID, grunn=WORDS, til=until)
    page = f"/p/{house.id('Patient/astrid')}/samhandling/ny"
    (form,) = [
        one for one in house.read("jonas", page, (await house.ask("jonas", "GET", page)).text) if "emne" in one.offered
    ]
    theme = next(filter(None, form.offered["tema"]))
    await house.fill("jonas", page, mottaker=str(HEART.her_id), tema=theme, emne="Time", tekst=WORDS)
    await _heard(office)
    async with office.work(delivery.AKSON, Purpose.MESSAGE) as work:
        row = await office.database.fetchrow("SELECT owner, key FROM message_out LIMIT 1")
        await outbox.happened(work, row["owner"], row["key"], Event.GIVE_UP, Fault("", "Svarer ikke."))
    await _apps(house, office)


async def _apps(house: House, office: Office) -> None:
    """Let a doctor and a citizen let an app in."""
    app = App(id="kurve", name="Kurveappen", redirect_uris=("https://app.example/back",), scopes=("patient/*.rs",))
    await Apps(office.database).add(app, office.clock())
    grants = Grants(office.database, SessionSettings(secure=True), office.clock)
    for who in ("jonas", "astrid"):
        (actor, *_) = await house.actors(office.register, who)
        whose = house.id("Patient/astrid")
        given = Grant(id=f"grant-{who}", app=app.id, scope="patient/*.rs", actor=actor, patient=whose,
                      context=office.ids.open(whose) or 0)  # fmt: skip
        await grants.begin(given, timedelta(days=30))


async def _heard(office: Office) -> None:
    while await deliver(office.database, consumers(office), office.clock()):
        pass
