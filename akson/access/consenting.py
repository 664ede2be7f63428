"""Consents to tell somebody outside of health care: who gives care writes down who has consented to what.

Such a Consent lets nobody in and closes nothing: it is what a letter rests on, see akson/exchange/consents.py.
"""

from __future__ import annotations

from akson.access import roles
from akson.access.asking import Act, Ask, related
from akson.access.roles import Permission
from akson.base.work import Kind

DISCLOSURE = "consent-to-tell"  # mark


def writes_down(ask: Ask) -> bool:
    """Say whether somebody who gives care writes down a consent to tell others, or that it is taken back.

    One that would state anything about access is no such writing: the journal asks about it as governing.

    Source: hpl § 22 (consent to tell others), pbrl §§ 4-3, 4-4 (whose it is)
    """
    labels, actor = ask.labels, ask.actor
    told = ask.act is Act.WRITE and labels is not None and labels.type == "Consent" and DISCLOSURE in labels.security
    by_staff = actor.kind is Kind.STAFF and roles.has(actor.role, Permission.WRITE_MESSAGES)
    return told and by_staff and related(ask)
