"""Short letters to people outside, by SMTP. One is on its way once, or again under the same name: never half."""

from __future__ import annotations

import re
import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

_TIMEOUT: Final = 10.0  # seconds, for each answer of the other side
_LOCAL: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_DOMAIN: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+"
_ADDRESS: Final = re.compile(f"{_LOCAL}@{_DOMAIN}")
_NAME: Final = re.compile(_DOMAIN)


class Unsent(Exception):
    """The letter is not known to have been taken. address: whom it is for is refused, and trying again is no use."""

    def __init__(self, why: str, *, address: bool = False) -> None:
        self.why, self.address = why, address
        super().__init__(why)


def is_address(text: str) -> bool:
    """Say whether this is an e-mail address as nearly all are written (RFC 5321, without quotes and beyond ASCII)."""
    return len(text) <= 254 and len(text.partition("@")[0]) <= 64 and bool(_ADDRESS.fullmatch(text))


def is_domain(text: str) -> bool:
    """Say whether this is a name that addresses may end in."""
    return len(text) <= 253 and bool(_NAME.fullmatch(text))


@dataclass(frozen=True, kw_only=True)
class Post:
    """The operator's server for outgoing letters.

    tls      speak TLS from the first byte ("smtps"), else by STARTTLS
    secure   send nothing without TLS; otherwise it is used when the server offers it
    user     to sign in as; "" for no signing in. password: shown to nobody
    sender   whom letters are from
    context  what a server must prove; None: the system's authorities
    """

    host: str
    port: int
    tls: bool
    secure: bool
    sender: str
    user: str = ""
    password: str = ""
    context: ssl.SSLContext | None = None

    def __repr__(self) -> str:
        return f"Post({self.host}:{self.port})"

    def send(self, to: str, name: str, subject: str, text: str, at: datetime) -> None:
        """Hand one letter over; when this returns, the server has taken it.

        name    the same for every try, so that who receives it can tell a repetition
        Raises  Unsent
        """
        letter = EmailMessage(policy=SMTP)
        letter["From"], letter["To"], letter["Subject"] = self.sender, to, subject
        letter["Date"], letter["Message-ID"] = format_datetime(at), f"<{name}@{self._domain}>"
        letter["Auto-Submitted"] = "auto-generated"  # RFC 3834: answered by no machine
        letter.set_content(text, cte="quoted-printable")
        try:
            with self._connected() as server:
                server.sendmail(self.sender, [to], bytes(letter))
        except smtplib.SMTPRecipientsRefused as refused:
            raise Unsent(type(refused).__name__, address=_for_good(refused, to)) from None
        except (OSError, smtplib.SMTPException, ssl.SSLError) as failure:
            raise Unsent(type(failure).__name__) from None

    def _connected(self) -> smtplib.SMTP:
        context = self.context or ssl.create_default_context()
        if self.tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, local_hostname=self._domain, timeout=_TIMEOUT, context=context
            )
        else:
            server = smtplib.SMTP(self.host, self.port, local_hostname=self._domain, timeout=_TIMEOUT)
        try:
            self._greet(server, context)
        except BaseException:
            server.close()
            raise
        return server

    def _greet(self, server: smtplib.SMTP, context: ssl.SSLContext) -> None:
        server.ehlo()
        if not self.tls and (self.secure or server.has_extn("starttls")):
            server.starttls(context=context)  # raises where it is not offered
            server.ehlo()
        if self.user:
            server.login(self.user, self.password)

    @property
    def _domain(self) -> str:
        return self.sender.partition("@")[2]


def _for_good(refused: smtplib.SMTPRecipientsRefused, to: str) -> bool:
    """Say whether the server will never take letters to this address: a reply of the 500s."""
    return int(refused.recipients[to][0]) >= 500
