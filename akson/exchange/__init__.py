"""Bridges to other systems: one envelope, many message types, several transports, one state machine.

safexml.py      bytes -> XML tree, or a refusal that carries an AppRec code
envelope.py     what every message says about itself: who, to whom, about whom, which conversation
hodemelding.py  Hodemelding 1.2 <-> Envelope
registry.py     which message types there are
messages/       one file per message type, both ways, to and from resources
addresses.py    HER-id -> our unit, or the way to a party outside
states.py       the life of a message we send, as a table
outbox.py       messages on their way out, written in the transaction of the record change
inbox.py        everything received, byte for byte
erasing.py      lets go of the bytes when what they became is erased
delivery.py     receive, file, answer, send, remind: the only one that knows all of the above
handing.py      hands messages over to whoever carries them, and moves them by what comes of it
transports/     how bytes travel
"""
