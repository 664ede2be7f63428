"""A broker that speaks AMQP 1.0: where it is, how Proton's engine meets it, what it hands us and what it answers."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

import proton

FRAME: Final = 64 * 1024  # bytes of the largest part of a message that comes at once
HEARTBEAT: Final = 30.0  # seconds: silence for so long ends the connection, and we are never silent that long


class Away(Exception):
    """The broker does not answer, or has ended the connection."""


class NoQueue(Exception):
    """The broker will not take messages for this queue."""


class Outcome(Enum):
    """What the broker says of a message it was given, or we of one it has given us."""

    ACCEPTED = proton.Delivery.ACCEPTED
    REJECTED = proton.Delivery.REJECTED  # a broker puts it among its dead letters
    RELEASED = proton.Delivery.RELEASED
    MODIFIED = proton.Delivery.MODIFIED


@dataclass(frozen=True, kw_only=True)
class Broker:
    """Where it is. tls: None only where nobody else listens; prefix: what stands before the names of its queues."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    tls: ssl.SSLContext | None = None
    prefix: str = ""


@dataclass(frozen=True)
class Arrival:
    """A message the broker has handed us, and wants an answer for."""

    queue: str
    message: proton.Message
    size: int  # bytes as it came
    delivery: proton.Delivery = field(repr=False)


def decoded(data: bytes) -> proton.Message | None:
    """Return what bytes say; None where they are no message, or one that cannot be told in Python.

    A list as a name in a map is of the first (TypeError), a letter beyond Unicode and lists in lists without end of the
    second (OverflowError, RecursionError): whoever may write to a queue may write them.
    """
    message = proton.Message()
    try:
        message.decode(data)
    except (proton.ProtonException, ValueError, TypeError, OverflowError, RecursionError):
        return None
    return message


def connected(broker: Broker, name: str, events: proton.Collector) -> proton.Connection:
    """Return our end of a connection, opened, that tells of what happens by `events`."""
    connection = proton.Connection()
    connection.collect(events)
    connection.container, connection.hostname = name, broker.host
    if broker.user:
        connection.user, connection.password = broker.user, broker.password
    connection.open()
    return connection


def engine(broker: Broker, connection: proton.Connection) -> proton.Transport:
    """Return what turns the bytes of a connection into events, and back."""
    made = proton.Transport()
    made.idle_timeout, made.max_frame_size = HEARTBEAT, FRAME
    sasl = made.sasl()
    sasl.allow_insecure_mechs = True  # the secret is kept by TLS, which the engine does not see; the door demands it
    sasl.allowed_mechs("PLAIN" if broker.user else "ANONYMOUS")
    made.bind(connection)
    return made


def why(connection: proton.Connection, transport: proton.Transport) -> str:
    """Return the condition an end was given; its description may say more than it should."""
    condition: Any = transport.condition or connection.remote_condition
    return str(condition.name) if condition else "closed"
