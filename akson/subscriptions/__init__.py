"""Subscriptions: news of the journal become numbered events, and events become notifications.

- plan: what a Subscription asks for, read from the resource. Pure
- criteria: what narrows it, understood and judged as a search is
- keeping: what cannot be done is refused; the row beside the resource, in the same transaction
- following: a row of a subscription, and its state as people read it
- collecting: news -> events, judged by criteria and by access, numbered under the subscription's lock
- disclosing: events -> what the subscriber may see of them now, with its trace in the access log
- notifying: what is sent, as FHIR says it. Pure
- calling: the call to a receiver outside, and what guards it
- asking: what a subscriber asks about its own: $status, $events
- streaming: what is told over a websocket that a client holds open
- delivering: one turn of the worker: handshakes, notifications, heartbeats, pauses, giving up
"""
