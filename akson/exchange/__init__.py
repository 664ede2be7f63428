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
delivery.py     receive, file and answer; move what we sent, with a task where a human is needed
carriers.py     who carries messages, and what they say of one
handing.py      hands messages over to whoever carries them, and notes what comes of it
confirming.py   asks what became of those that were taken
reminding.py    marks as overdue those without AppRec in time
exchanging.py   all of it in turns: the only one that knows all of the above
transports/     how bytes travel
"""
