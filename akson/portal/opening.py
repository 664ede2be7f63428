"""Opening a record for one of the citizens' pages: whose it is, why it may be read, and what is not passed on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from akson.access.asking import Ask
from akson.access.citizens import told_who_looked
from akson.access.facts import Facts
from akson.access.rules import Act, hides_address
from akson.audit.view import Unseen
from akson.base.errors import Refused
from akson.base.web.forms import Filled, Form
from akson.base.web.messages import texts
from akson.base.web.screens import Page, Visit
from akson.base.work import Work
from akson.patient.identity import Identity, identity_of
from akson.record import journal
from akson.record.deciding import asked, facts_for
from akson.record.journal import Mark
from akson.record.releasing import not_told
from akson.record.session import undo
from akson.record.stored import Stored

Resource = dict[str, Any]
DECIDES: Final = frozenset({"own_record", "parent_of_small_child", "guardian"})  # rules; a proxy reads, no more
_UNMARKED: Mapping[str, Mark] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Opened:
    """One person's record as this citizen may see it.

    own     it is the citizen's own
    rule    which of the rules of access lets it be read; basis: why, as it says
    decides may close the record to others, and ask for what is the person's right
    log     who has looked may be told
    secret  where the person is must not be made known, and it is somebody else who looks
    borrowed  it is seen with the eyes of another, to know what they see: nothing is done from there
    """

    identity: Identity
    facts: Facts
    parts: Mapping[str, list[Stored]]
    own: bool
    rule: str
    basis: str
    log: bool
    borrowed: bool = False

    @property
    def decides(self) -> bool:
        return self.rule in DECIDES and not self.borrowed

    def unreleased(self, now: datetime) -> Unseen:
        """Return what the reader is not to know of, yet or at all: "Type/id", and pages of the log."""
        return not_told(self.facts, now, own=self.own and not self.borrowed)

    @property
    def secret(self) -> bool:
        return hides_address(self.facts) and (self.borrowed or not self.own)

    @property
    def name(self) -> str:
        return f"{self.identity.given} {self.identity.family}"

    def __getitem__(self, kind: str) -> list[Resource]:
        """Return the resources asked for under `kind`, newest first."""
        return [hit.resource for hit in self.parts[kind]]

    def href(self, path: str, **more: str) -> str:
        """Return the address of a page about the same person."""
        asked_for = ({} if self.own else {"person": self.identity.id}) | more
        pairs = "&".join(f"{name}={value}" for name, value in asked_for.items())
        return f"{path}?{pairs}" if pairs else path

    def carried(self, **more: str) -> tuple[tuple[str, str], ...]:
        """Return what a form about the same person carries along."""
        return (*(() if self.own else (("person", self.identity.id),)), *more.items())

    @property
    def given(self) -> str:
        return self.identity.given.partition(" ")[0]

    def say(self, key: str, **values: object) -> str:
        """Return a text about the person: to themself, or by name to one who acts for them (the key with "_other")."""
        return texts().plain(key, **values) if self.own else texts().plain(f"{key}_other", name=self.given, **values)

    def page(self, template: str, *, status: int = 200, **values: object) -> Page:
        """Return a page that says whose record is shown and keeps it in its links."""
        acting = "" if self.own else texts().plain(f"my.acting.{self.basis}", name=self.name)
        about: dict[str, Any] = {"person": self.identity.id, "whose": self.href(""), "acting": acting,
                                 "given": self.given, **values}  # fmt: skip
        return Page(template, status=status, **about)


async def opened(
    work: Work, visit: Visit, wanted: Mapping[str, int], *, marked: Mapping[str, Mark] = _UNMARKED, page: str
) -> Opened:
    """Return the record that `?person=` names, or the citizen's own.

    wanted, marked   what the page shows, as in journal.chart
    page             what the log calls it: a name in audit/words-nb.toml, and "/" with what part of it when not all
    Raises           Refused AK-A001, the same whether another person is unknown or may not be seen; why, to youth
    """
    named = visit.asked.get("person", "")
    patient = named or work.actor.id.partition("/")[2]
    try:
        parts = await journal.chart(work, patient, {"Patient": 1, **wanted}, marked=marked)
    except Refused as refused:
        raise Refused("AK-A001" if named else refused.code) from None
    if not parts["Patient"]:
        raise Refused("AK-A001")
    identity = identity_of(parts["Patient"][0])
    facts = (await facts_for(work, [identity.owner]))[identity.owner]
    decision = asked(work, facts, None, Act.READ)
    work.saw(identity.owner, f"page {page}", rule=decision.rule, basis=decision.basis)
    own = identity.owner == work.actor.key
    log = told_who_looked(Ask(work.actor, work.purpose, facts, None, Act.READ, work.now))
    return Opened(identity=identity, facts=facts, own=own, rule=decision.rule, basis=decision.basis, log=log,
                  parts=parts)  # fmt: skip


async def deciding(
    work: Work, visit: Visit, wanted: Mapping[str, int], *, marked: Mapping[str, Mark] = _UNMARKED, page: str
) -> Opened:
    """Return the record as `opened` does, to who decides on the person's behalf.

    Raises  Refused AK-A001 also for a proxy, who reads and no more
    """
    shown = await opened(work, visit, wanted, marked=marked, page=page)
    if not shown.decides:
        raise Refused("AK-A001")
    return shown


async def carried_out(
    work: Work, visit: Visit, form: Form, ask: Callable[[Filled], Awaitable[object]]
) -> Filled | None:
    """Ask for what was filled in; return the form to be drawn again, with what was refused, or None once it is done."""
    filled = form.read(visit.form) if visit.sent else form.blank()
    if not filled.valid:
        return filled
    try:
        await ask(filled)
    except Refused as refused:
        await undo(work)
        return filled.with_refused(refused)
    return None
