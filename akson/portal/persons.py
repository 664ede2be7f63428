"""Whose record: what stands in the citizen's top bar."""

from __future__ import annotations

from akson.access.roles import ROLES
from akson.base.web.messages import texts
from akson.base.web.shell import Person, Shell
from akson.base.work import Work
from akson.record.represented import represented


async def citizens_shell(work: Work) -> Shell:
    """Return the top bar of a citizen, with everybody whose record may be opened now; one statement."""
    known = await represented(work)
    controller = next((one.controller for one in known if one.owner == work.actor.key), "")
    return Shell(
        name=work.actor.name, role=ROLES[work.actor.role].name,
        controller=controller or texts().plain("my.controller"),
        persons=tuple(Person(id=one.id, label=texts().plain(f"my.as.{one.basis}", name=one.name)) for one in known),
    )  # fmt: skip
