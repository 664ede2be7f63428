"""The changes of a transaction: read from its entries, then aimed at what their conditions mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from akson.base.errors import Refused
from akson.base.turns import in_turns
from akson.base.work import Work
from akson.fhir.issues import Invalid
from akson.fhirapi import conditional, contents, entries, patching
from akson.fhirapi.calls import LARGEST_RESOURCE
from akson.fhirapi.entries import Entry
from akson.fhirapi.patching import Change
from akson.fhirapi.update import address_it, refuse_subsetted
from akson.record import conditions, journal
from akson.record.conditions import Condition
from akson.record.drafts import Draft, as_text
from akson.record.stored import Stored

HELD_AS_TREES = 8 * 1024 * 1024  # bytes of content in a set; a larger one is held as text and read as often as needed


@dataclass(kw_only=True)
class Planned:
    """One change. condition: what it stands under, if anything.

    draft    what it will write; once settled, of something that is there already only its type and id
    found    what its condition means
    writes   False: nothing is left to do for it
    change   what a patch does; its draft is made of it once it is known what it meets
    """

    entry: Entry
    draft: Draft
    condition: Condition | None
    found: Stored | None = None
    writes: bool = True
    change: Change | None = None

    @property
    def where(self) -> str:
        """The path of the condition in the Bundle."""
        return f"{self.entry.path}.request." + ("ifNoneExist" if self.entry.method == "POST" else "url")


async def plan(changes: Sequence[Entry]) -> list[Planned]:
    """Return a checked plan of each change. Raises Invalid with the faults of all of them."""
    large = sum(len(entry.body) for entry in changes) > HELD_AS_TREES
    planned, faults = [], []
    async for entry in in_turns(changes):
        try:
            condition, change = entries.condition(entry), _change(entry)
            draft = _draft(entry)
            if large:
                entry, draft = replace(entry, body=b""), as_text(draft)  # the text is the draft's now
            planned.append(Planned(entry=entry, condition=condition, draft=draft, change=change))
        except Invalid as fault:
            faults += [replace(issue, path=_within(entry, issue.path)) for issue in fault.issues]
    if faults:
        raise Invalid(faults)
    refuse_twice(planned)
    return planned


def _change(entry: Entry) -> Change | None:
    if entry.method != "PATCH":
        return None
    with at(f"{entry.path}.resource"):
        return patching.read(*patching.in_entry(entry.body))


def _draft(entry: Entry) -> Draft:
    if entry.method in ("DELETE", "PATCH"):
        draft = Draft(method=entry.method, type=entry.place.type, id=entry.place.id or None)
    else:
        if len(entry.body) > LARGEST_RESOURCE:
            raise Refused("AK-J009", path=f"{entry.path}.resource", limit=LARGEST_RESOURCE)
        draft = journal.draft(entry.method, entry.body)
        if draft.type != entry.place.type:
            raise Refused("AK-F006", path=f"{entry.path}.resource", expected=entry.place.type, found=draft.type)
    with at(entry.path):
        seen = contents.if_match(entry.headers)
        if entry.method == "PUT" and entry.place.id:
            address_it(draft, entry.place.id, seen)
        elif entry.method == "PUT":
            refuse_subsetted(draft)
    draft.if_match, draft.path = seen, f"{entry.path}.resource"
    return draft


def _within(entry: Entry, path: str) -> str:
    """Return `Observation.value` as `Bundle.entry[3].resource.value`."""
    return ".".join(filter(None, (entry.path, "resource", path.partition(".")[2])))


@contextmanager
def at(path: str) -> Iterator[None]:
    """Give a refusal the path of the entry it arose in."""
    try:
        yield
    except Refused as refused:
        refused.path = path
        raise


def refuse_twice(planned: Iterable[Planned]) -> None:
    """Raise AK-F013 when two entries change one resource: no order between them is promised."""
    changed: set[tuple[str, str]] = set()
    for each in planned:
        key = each.draft.type, each.draft.id or ""
        if key[1] and key in changed:
            raise Refused("AK-F013", path=each.entry.path)
        if each.writes:
            changed.add(key)


async def settle(work: Work, planned: Sequence[Planned]) -> None:
    """Aim each change at what its condition means, and make of patches what they come to.

    Raises  Refused, see `_aim_all` and patching.drafted
    """
    await _aim_all(work, planned)
    for each in planned:
        if each.change is not None:
            await _patched(work, each, each.change)


async def _patched(work: Work, each: Planned, change: Change) -> None:
    given = each.draft
    try:
        with at(each.entry.path):
            each.draft = await patching.drafted(work, given.type, given.id or "", change, given.if_match)
    except Invalid as fault:
        raise Invalid([replace(issue, path=_within(each.entry, issue.path)) for issue in fault.issues]) from None
    each.draft.path = given.path


async def _aim_all(work: Work, planned: Sequence[Planned]) -> None:
    """Find what the conditions mean, with nobody else writing under them until the work ends.

    Raises  Refused: AK-F021, AK-F022 see conditions.match, AK-F013 when two would change one resource
    """
    conditioned = [(each, each.condition) for each in planned if each.condition is not None]
    if not conditioned:
        return
    await conditions.wait(work, [condition for _, condition in conditioned])
    makers: dict[Condition, Planned] = {}
    for each, condition in conditioned:
        with at(each.where):
            if condition in makers:
                _follow(each, makers[condition])
            else:
                each.found = await conditions.match(work, condition, unseen=each.entry.method in ("POST", "PUT"))
                makers[condition] = each
                _aim(each)
    refuse_twice(sorted(planned, key=lambda each: not each.writes))


def _follow(each: Planned, maker: Planned) -> None:
    """Let a second create under one condition be the first one, as if it came just after."""
    if each.entry.method != "POST" or maker.entry.method != "POST":
        raise Refused("AK-F013")
    each.draft, each.found, each.writes = maker.draft, maker.found, False


def _aim(each: Planned) -> None:
    found = each.found
    if each.entry.method == "PUT":
        conditional.aim(each.draft, found)
    elif each.entry.method == "PATCH":
        each.draft.id = patching.meant(found)
    elif found is None:
        each.writes = each.entry.method == "POST"
    elif each.entry.method == "DELETE":
        each.draft.id, each.draft.if_match = found.id, each.draft.if_match or found.version
    else:
        each.draft = Draft(method="GET", type=found.type, id=found.id, owner=found.owner, path=each.draft.path)
        each.writes = False


def names(planned: Iterable[Planned]) -> Mapping[str, Draft]:
    """Return what the entries call each other. Raises Refused AK-F012 when a name stands for two."""
    given: dict[str, Draft] = {}
    for each in planned:
        for name in entries.names(each.entry) if each.entry.method != "DELETE" else ():
            if given.setdefault(name, each.draft) is not each.draft:
                raise Refused("AK-F012", path=f"{each.entry.path}.fullUrl", detail="two entries have this fullUrl")
    return given
