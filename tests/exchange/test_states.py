"""The life of a message we send: the table, read aloud."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from akson.exchange.states import IN_WORDS, Event, State, after, before, next_attempt

S, E = State, Event
NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(("events", "ends"), [
    ([], S.QUEUED),
    ([E.HANDED_OVER], S.SENT),
    ([E.HANDED_OVER, E.RECEIPT], S.DELIVERED),
    ([E.RECEIPT, E.ACCEPT], S.ACCEPTED),
    ([E.RECEIPT, E.PARTIAL], S.PARTIAL),
    ([E.RECEIPT, E.REJECT], S.REJECTED),
    ([E.RECEIPT, E.ACCEPT, E.ANSWER], S.ANSWERED),
    ([E.RECEIPT, E.ANSWER], S.ANSWERED),  # the answer says more than an AppRec
    ([E.ACCEPT, E.RECEIPT], S.ACCEPTED),  # the AppRec overtook the transport's receipt
    ([E.RECEIPT, E.DEADLINE], S.OVERDUE),
    ([E.RECEIPT, E.DEADLINE, E.ACCEPT], S.ACCEPTED),  # a late AppRec counts
    ([E.GIVE_UP], S.FAILED),
    ([E.GIVE_UP, E.ACCEPT], S.ACCEPTED),  # it had arrived after all
    ([E.RECEIPT, E.REJECT, E.ACCEPT], S.REJECTED),  # the first AppRec stands
    ([E.RECEIPT, E.ACCEPT, E.REJECT], S.ACCEPTED),
    ([E.RECEIPT, E.ACCEPT, E.DEADLINE], S.ACCEPTED),
    ([E.RECEIPT, E.ANSWER, E.ACCEPT], S.ANSWERED),
    ([E.RECEIPT, E.GIVE_UP], S.DELIVERED),
])  # fmt: skip
def test_a_message_goes_through_its_states(events: list[Event], ends: State) -> None:
    state = State.QUEUED
    for event in events:
        state = after(state, event)
    assert state is ends


def test_every_event_leads_to_one_state_and_every_state_has_words_for_people() -> None:
    for event in Event:
        assert len({after(state, event) for state in before(event)}) == 1
    assert set(IN_WORDS) == set(State)


def test_attempts_are_spread_over_more_than_a_day_and_then_end() -> None:
    when, attempts = NOW, 0
    while (following := next_attempt(when, attempts := attempts + 1)) is not None:
        assert timedelta(seconds=5) <= following - when <= timedelta(hours=6)
        when = following
    assert timedelta(hours=24) < when - NOW < timedelta(hours=96)
