"""The life of a message we send: the table, read aloud."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from akson.exchange.states import (
    IN_WORDS,
    PATIENCE,
    ROUNDS,
    TRANSITIONS,
    UNCONFIRMED_AFTER,
    Event,
    State,
    after,
    before,
    next_attempt,
    next_question,
    spread,
)

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
    ([E.HANDED_OVER, E.POST, E.DEADLINE], S.POSTED),  # a letter is on its way: nobody confirms it
    ([E.HANDED_OVER, E.DEADLINE, E.POST, E.ANSWER], S.ANSWERED),
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
    ([E.HANDED_OVER, E.UNCONFIRMED], S.QUEUED),  # whoever took it has lost it
    ([E.HANDED_OVER, E.RECEIPT, E.UNCONFIRMED], S.DELIVERED),
    ([E.HANDED_OVER, E.UNCONFIRMED, E.HANDED_OVER, E.GIVE_UP], S.FAILED),
    ([E.GIVE_UP, E.HANDED_OVER], S.SENT),  # whoever took it answered late: another worker had given it up
    ([E.GIVE_UP, E.RECEIPT], S.DELIVERED),
    ([E.GIVE_UP, E.BY_HAND, E.HANDED_OVER], S.HANDLED),
    ([E.HANDED_OVER, E.DEADLINE, E.HANDED_OVER], S.OVERDUE),
    ([E.GIVE_UP, E.SEND_AGAIN, E.RECEIPT], S.DELIVERED),
    ([E.RECEIPT, E.DEADLINE, E.SEND_AGAIN], S.QUEUED),
    ([E.RECEIPT, E.REJECT, E.SEND_AGAIN], S.REJECTED),  # it would be refused again: it goes as a new message
    ([E.RECEIPT, E.ACCEPT, E.SEND_AGAIN], S.ACCEPTED),
    ([E.BY_HAND, E.HANDED_OVER], S.HANDLED),
    ([E.GIVE_UP, E.BY_HAND], S.HANDLED),
    ([E.RECEIPT, E.BY_HAND], S.DELIVERED),  # it may be answered yet
    ([E.RECEIPT, E.DEADLINE, E.BY_HAND, E.ACCEPT], S.ACCEPTED),
    ([E.RECEIPT, E.DEADLINE, E.BY_HAND, E.REJECT], S.HANDLED),
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


def test_nothing_is_delivered_accepted_or_refused_without_the_receipt_that_says_so() -> None:
    said_by = {S.DELIVERED: E.RECEIPT, S.ACCEPTED: E.ACCEPT, S.POSTED: E.POST, S.PARTIAL: E.PARTIAL, S.REJECTED: E.REJECT,
               S.ANSWERED: E.ANSWER, S.SENT: E.HANDED_OVER}  # fmt: skip
    for (_, event), leads_to in TRANSITIONS.items():
        assert said_by.get(leads_to, event) is event


@pytest.mark.parametrize("attempts", [1, 3, 11])
def test_what_failed_together_comes_back_spread_out(attempts: int) -> None:
    keys = [number * 0x9E3779B97F4A7C15 - 2**63 for number in range(64)]
    whens = [next_attempt(NOW, attempts, NOW + PATIENCE, spread(key % 2**64 - 2**63, attempts)) for key in keys]
    middle = next_attempt(NOW, attempts, NOW + PATIENCE)
    assert len(set(whens)) > 60 and middle is not None
    for when in whens:
        assert when is not None and 0.75 <= (when - NOW) / (middle - NOW) <= 1.25


def test_a_transport_is_asked_often_at_first_and_never_more_than_half_an_hour_apart() -> None:
    waits = [next_question(NOW, S.SENT, asked) - NOW for asked in range(40)]
    assert waits == sorted(waits) and (waits[0], waits[-1]) == (timedelta(seconds=10), timedelta(minutes=30))
    later = [next_question(NOW, S.DELIVERED, asked) - NOW for asked in range(40)]
    assert later == sorted(later) and (later[0], later[-1]) == (timedelta(minutes=1), timedelta(hours=6))


def test_what_has_left_once_is_tried_until_its_deadline_and_sent_again_within_it() -> None:
    when = next_attempt(NOW + PATIENCE - timedelta(hours=47), 9, NOW + PATIENCE, left=True)
    assert when is not None and when < NOW + PATIENCE
    assert next_attempt(NOW + PATIENCE, 9, NOW + PATIENCE, left=True) is None
    assert len(UNCONFIRMED_AFTER) == ROUNDS <= 6 and sum(UNCONFIRMED_AFTER, timedelta()) < PATIENCE / 2
    assert list(UNCONFIRMED_AFTER) == sorted(UNCONFIRMED_AFTER)


def test_attempts_are_spread_over_more_than_a_day_and_then_end() -> None:
    when, attempts = NOW, 0
    while (following := next_attempt(when, attempts := attempts + 1, NOW + PATIENCE)) is not None:
        assert timedelta(seconds=5) <= following - when <= timedelta(hours=6)
        when = following
    assert timedelta(hours=24) < when - NOW < timedelta(hours=96)
