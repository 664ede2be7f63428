"""Settings: read once from the environment, handed on from here. Nothing else in Akson reads the environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from akson.base.clamd import Scanner
from akson.base.errors import Refused
from akson.base.mail import Post, is_address, is_domain
from akson.base.outward import LOOPBACK, Outward
from akson.doors.environment import Environment
from akson.doors.guarding import is_away, is_open
from akson.patient.alerting.letters import MAIL, SMS, Ways
from akson.signin.guard import Guarded, is_production, refuse_in_production


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One installation, as its environment describes it."""

    environment: str  # AKSON_ENV: production (also when unset), demo, development, test
    database_url: str  # AKSON_DATABASE_URL; empty: the demo's own PostgreSQL
    data: Path  # AKSON_DATA: keys, and the demo's database
    keys_folder: Path | None = None  # AKSON_KEYS: where the keys are, when not in AKSON_DATA/keys
    base_url: str  # AKSON_URL: as browsers see us, no slash at the end
    port: int  # AKSON_PORT
    schemas: Path | None  # AKSON_XSD: official message schemas; strict validation when given
    profiles: Path | None = None  # AKSON_PROFILES: a folder of profiles and value sets, enforced when claimed
    exchange_secret: str  # AKSON_EXCHANGE_SECRET: shared with the programs of the local transport
    postgres_bin: Path | None  # AKSON_POSTGRES_BIN
    staff_issuer: str  # AKSON_STAFF_ISSUER: HelseID; empty: our own, in the demo
    citizen_issuer: str  # AKSON_CITIZEN_ISSUER: ID-porten; likewise
    client_id: str  # AKSON_CLIENT_ID: ours at those issuers
    proxies: str = "127.0.0.1,::1"  # AKSON_PROXIES: whose word about a browser's address is taken, with commas
    contact: str = ""  # AKSON_SECURITY_CONTACT: where faults in security are reported; mailto: or https:
    idle: int = 15  # AKSON_IDLE_MINUTES: how long a screen may be left before it locks
    hooks: str = ""  # AKSON_HOOKS: hosts and networks inside that subscriptions may be delivered to, with commas
    hook_days: int = 7  # AKSON_HOOK_DAYS: how long a receiver may be away before it is given up
    event_days: int = 14  # AKSON_EVENT_DAYS: how long events of subscriptions are kept
    release_days: str = ""  # AKSON_RELEASE_DAYS: days that citizens wait for kinds of answers, see docs/rights.md
    past_blocks: str = ""  # AKSON_ADVICE_PAST_BLOCKS: ids of data controllers whose decision support weighs the blocked
    backup: Path | None = None  # AKSON_BACKUP: the folder that backups and the ledger of erasures are kept in
    clamav: str = ""  # AKSON_CLAMAV: the scanner for malware, host:port or the path of a socket; "": there is none
    log_years: int = 0  # AKSON_LOG_YEARS: how long the access log is kept; 0: for good
    record_years: int = 0  # AKSON_RECORD_YEARS: how long a record is kept after its last entry; 0: for good
    death_years: int = 0  # AKSON_RECORD_YEARS_DEAD: and after death; 0: as if the person lived
    edi_url: str = ""  # AKSON_EDI_URL: NHN's message server (EDI 2.0); empty: messages do not go that way
    edi_issuer: str = ""  # AKSON_EDI_ISSUER: who gives the token for it; empty: the issuer of the staff, HelseID
    edi_scope: str = ""  # AKSON_EDI_SCOPE: what that token is asked for
    amqp_url: str = ""  # AKSON_AMQP_URL: the broker with our queues, amqps://host:port/prefix; empty: none
    amqp_user: str = ""  # AKSON_AMQP_USER
    amqp_password: str = field(default="", repr=False)  # AKSON_AMQP_PASSWORD
    trust: Path | None = None  # AKSON_TRUST: a folder of authorities whose certificates count in messages
    hpr_url: str = ""  # AKSON_HPR_URL: the open API of the register of health personnel; empty: nobody is asked
    maskinporten: str = ""  # AKSON_MASKINPORTEN: who gives us the token for it, as it names itself
    maskinporten_client: str = ""  # AKSON_MASKINPORTEN_CLIENT: ours there
    persons_url: str = ""  # AKSON_PERSONS_URL: NHN's Persontjenesten; empty: nobody is asked about
    persons_issuer: str = ""  # AKSON_PERSONS_ISSUER: who gives the token for it; empty: the issuer of the staff
    parties_url: str = ""  # AKSON_PARTIES_URL: Adresseregisteret; empty: it is not asked
    parties_issuer: str = ""  # AKSON_PARTIES_ISSUER: who gives the token for it; empty: the issuer of the staff
    fiks_url: str = ""  # AKSON_FIKS_URL: KS Fiks bekymringsmelding; empty: children are reported in other ways
    fiks_organisation: str = ""  # AKSON_FIKS_ORGANISATION: what Fiks calls us, a UUID
    fiks_integration: str = ""  # AKSON_FIKS_INTEGRATION: ours there, a UUID
    fiks_password: str = field(default="", repr=False)  # AKSON_FIKS_PASSWORD: of that
    fiks_seal: Path | None = None  # AKSON_FIKS_CERTIFICATE: our organisation's certificate and its key, PEM
    elsewhere: Path | None = None  # AKSON_ELSEWHERE: a file of other organisations to ask, see docs/attestation.md
    neighbours: Path | None = None  # AKSON_NEIGHBOURS: a file of programs that our own issuer, the demo's, lets in
    witness: str = ""  # AKSON_WITNESS: the address of the program that seals are handed to
    smtp: str = ""  # AKSON_SMTP: what alerts are sent through, smtps://host:port or smtp://host:port
    smtp_user: str = ""  # AKSON_SMTP_USER: to sign in there as
    smtp_password: str = field(default="", repr=False)  # AKSON_SMTP_PASSWORD
    smtp_from: str = ""  # AKSON_SMTP_FROM: whom alerts are from
    sms_domain: str = ""  # AKSON_SMS_DOMAIN: of addresses that become text messages; "": there are none
    rate: int = 600_000  # AKSON_CLIENT_RATE: FHIR requests a minute for each client without a limit of its own; 0: none
    searches: int = 500  # AKSON_SEARCHES: for persons, a day for each person at work; 0: no limit, not in production

    @property
    def production(self) -> bool:
        return is_production(self.environment)

    @property
    def synthetic(self) -> bool:
        """Tell whether numbers of invented persons are taken."""
        return not self.production

    @property
    def keys(self) -> Path:
        """Return the folder of the keys."""
        return self.keys_folder or self.data / "keys"

    @property
    def scanner(self) -> Scanner | None:
        """What searches files for malware."""
        return Scanner.at(self.clamav) if self.clamav else None

    @property
    def bearer(self) -> bool:
        """Tell whether access tokens are taken that are bound to no key."""
        return not self.production

    @property
    def outward(self) -> Outward:
        """Where subscriptions may be delivered to: outside only; where no real persons are, to this machine too."""
        usual = () if self.production else LOOPBACK
        return Outward.listing([*self.hooks.split(","), *usual], secure=self.production)

    @property
    def ways(self) -> Ways | None:
        """How citizens are reached outside; None: they are not. Where real persons are, nothing goes without TLS."""
        if not self.smtp:
            return None
        server = urlsplit(self.smtp)
        post = Post(
            host=server.hostname or "", port=server.port or 0, tls=server.scheme == "smtps", secure=self.production,
            user=self.smtp_user, password=self.smtp_password, sender=self.smtp_from,
        )  # fmt: skip
        return Ways(post=post, sms_domain=self.sms_domain)

    @property
    def reaching(self) -> tuple[str, ...]:
        """What citizens may choose among, besides Min side."""
        return ((MAIL,) if self.smtp else ()) + ((SMS,) if self.sms_domain else ())

    @property
    def own_issuer(self) -> bool:
        """Tell whether people sign in at our own issuer, as the named persons of the demo."""
        return not self.staff_issuer

    @property
    def fhir_url(self) -> str:
        return f"{self.base_url}/fhir"


def from_environment(given: Mapping[str, str]) -> Settings:
    """Return the settings of this process.

    Raises  Refused AK-L009 something of the demo is switched on in production, AK-L011 a setting makes no sense
    """
    env = Environment(given)
    port = env.text("AKSON_PORT", "8000")
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise Refused("AK-L011", what="AKSON_PORT")
    settings = Settings(
        environment=env.text("AKSON_ENV", "production"), database_url=env.text("AKSON_DATABASE_URL"),
        data=Path(env.text("AKSON_DATA", "data")).absolute(),
        base_url=env.text("AKSON_URL", f"http://127.0.0.1:{port}").rstrip("/"), port=int(port),
        schemas=env.path("AKSON_XSD"), profiles=env.path("AKSON_PROFILES"), keys_folder=env.path("AKSON_KEYS"),
        exchange_secret=env.text("AKSON_EXCHANGE_SECRET"), postgres_bin=env.path("AKSON_POSTGRES_BIN"),
        staff_issuer=env.url("AKSON_STAFF_ISSUER"), citizen_issuer=env.url("AKSON_CITIZEN_ISSUER"),
        client_id=env.text("AKSON_CLIENT_ID", "akson"), proxies=env.proxies("AKSON_PROXIES", Settings.proxies),
        contact=env.contact("AKSON_SECURITY_CONTACT"),
        elsewhere=env.path("AKSON_ELSEWHERE"), neighbours=env.path("AKSON_NEIGHBOURS"),
        backup=env.path("AKSON_BACKUP"), log_years=env.years("AKSON_LOG_YEARS"), clamav=env.scanner("AKSON_CLAMAV"),
        record_years=env.years("AKSON_RECORD_YEARS"), death_years=env.years("AKSON_RECORD_YEARS_DEAD"),
        witness=env.url("AKSON_WITNESS"), edi_url=env.url("AKSON_EDI_URL"),
        edi_issuer=env.url("AKSON_EDI_ISSUER", "AKSON_STAFF_ISSUER"),
        edi_scope=env.text("AKSON_EDI_SCOPE"),
        amqp_url=env.text("AKSON_AMQP_URL"), amqp_user=env.text("AKSON_AMQP_USER"),
        amqp_password=env.text("AKSON_AMQP_PASSWORD"), trust=env.path("AKSON_TRUST"),
        hpr_url=env.url("AKSON_HPR_URL"), maskinporten=env.text("AKSON_MASKINPORTEN"), **_fiks(env),
        maskinporten_client=env.text("AKSON_MASKINPORTEN_CLIENT"),
        persons_issuer=env.url("AKSON_PERSONS_ISSUER", "AKSON_STAFF_ISSUER"),
        parties_issuer=env.url("AKSON_PARTIES_ISSUER", "AKSON_STAFF_ISSUER"),
        persons_url=env.url("AKSON_PERSONS_URL"), parties_url=env.url("AKSON_PARTIES_URL"),
        rate=env.number("AKSON_CLIENT_RATE", 600_000), searches=env.number("AKSON_SEARCHES", 500),
        idle=env.number("AKSON_IDLE_MINUTES", 15) or 15, hooks=env.listed("AKSON_HOOKS"),
        hook_days=env.number("AKSON_HOOK_DAYS", 7),
        release_days=env.text("AKSON_RELEASE_DAYS"), past_blocks=env.text("AKSON_ADVICE_PAST_BLOCKS"),
        event_days=env.number("AKSON_EVENT_DAYS", 14),
        smtp=env.text("AKSON_SMTP"), smtp_user=env.text("AKSON_SMTP_USER"),
        smtp_password=env.text("AKSON_SMTP_PASSWORD"), smtp_from=env.text("AKSON_SMTP_FROM"),
        sms_domain=env.text("AKSON_SMS_DOMAIN"),
    )  # fmt: skip
    guard(settings)
    _posts(settings)
    return settings


def _fiks(env: Environment) -> dict[str, Any]:
    """Return what is said of KS Fiks bekymringsmelding."""
    return {
        "fiks_url": env.url("AKSON_FIKS_URL"), "fiks_seal": env.path("AKSON_FIKS_CERTIFICATE"),
        "fiks_organisation": env.text("AKSON_FIKS_ORGANISATION"),
        "fiks_integration": env.text("AKSON_FIKS_INTEGRATION"), "fiks_password": env.text("AKSON_FIKS_PASSWORD"),
    }  # fmt: skip


def guard(settings: Settings) -> None:
    """Refuse to start with anything of the demo where real persons are at stake."""
    for addresses, beside in _services(settings):
        _reached(settings, addresses, beside)
    _broker(settings)
    if settings.production and not settings.searches:
        raise Refused("AK-L011", what="AKSON_SEARCHES")
    if settings.neighbours and not settings.own_issuer:
        raise Refused("AK-L011", what="AKSON_NEIGHBOURS")
    issuers = tuple(url for url in (settings.staff_issuer, settings.citizen_issuer) if url)
    refuse_in_production(
        Guarded(
            environment=settings.environment, base_url=settings.base_url, issuers=issuers,
            own_issuer=settings.own_issuer, personas=settings.own_issuer, synthetic_ids=settings.synthetic,
            bearer=settings.bearer, open_database=is_open(settings.database_url),
            open_scanner=is_away(settings.scanner),
        )
    )  # fmt: skip


def _services(settings: Settings) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """Yield the addresses of each service that is asked, and what must be given beside them; each by its setting."""
    maskinporten = {"AKSON_MASKINPORTEN": settings.maskinporten}
    client = {"AKSON_MASKINPORTEN_CLIENT": settings.maskinporten_client}
    if settings.persons_url:
        yield {"AKSON_PERSONS_URL": settings.persons_url, "AKSON_PERSONS_ISSUER": settings.persons_issuer}, {}
    if settings.parties_url:
        yield {"AKSON_PARTIES_URL": settings.parties_url, "AKSON_PARTIES_ISSUER": settings.parties_issuer}, {}
    if settings.hpr_url:
        yield {"AKSON_HPR_URL": settings.hpr_url} | maskinporten, client
    if settings.edi_url:
        yield ({"AKSON_EDI_URL": settings.edi_url, "AKSON_EDI_ISSUER": settings.edi_issuer},
               {"AKSON_EDI_SCOPE": settings.edi_scope})  # fmt: skip
    if settings.fiks_url:
        yield {"AKSON_FIKS_URL": settings.fiks_url} | maskinporten, client | {
            "AKSON_FIKS_ORGANISATION": settings.fiks_organisation,
            "AKSON_FIKS_INTEGRATION": settings.fiks_integration, "AKSON_FIKS_PASSWORD": settings.fiks_password,
            "AKSON_FIKS_CERTIFICATE": str(settings.fiks_seal or ""),
        }  # fmt: skip
    if settings.witness:
        yield {"AKSON_WITNESS": settings.witness}, {}


def _reached(settings: Settings, addresses: Mapping[str, str], beside: Mapping[str, str]) -> None:
    """Refuse addresses that could not be asked, in production in the open too, and what is not given beside them."""
    schemes = ("https://",) if settings.production else ("https://", "http://")
    wrong = [name for name, url in addresses.items() if not url.startswith(schemes)]
    wrong += [name for name, given in beside.items() if not given]
    if wrong:
        raise Refused("AK-L011", what=wrong[0])


def _broker(settings: Settings) -> None:
    """Refuse a broker that could not be reached, and in production one that is reached in the open."""
    try:
        broker = urlsplit(settings.amqp_url)
        port = broker.port
    except ValueError:
        raise Refused("AK-L011", what="AKSON_AMQP_URL") from None
    schemes = ("amqps",) if settings.production else ("amqps", "amqp")
    known = broker.scheme in schemes and broker.hostname and port and not (broker.query or broker.fragment)
    if settings.amqp_url and not (known and broker.username is None):
        raise Refused("AK-L011", what="AKSON_AMQP_URL")
    if settings.trust and not settings.trust.is_dir():
        raise Refused("AK-L011", what="AKSON_TRUST")
    if bool(settings.amqp_user) != bool(settings.amqp_password) or (settings.amqp_user and not settings.amqp_url):
        raise Refused("AK-L011", what="AKSON_AMQP_USER")


def _posts(settings: Settings) -> None:
    """Refuse half of what sending takes, and what nothing can be sent through."""
    try:
        server = urlsplit(settings.smtp)
        port = server.port
    except ValueError:
        raise Refused("AK-L011", what="AKSON_SMTP") from None
    known = server.scheme in ("smtp", "smtps") and server.hostname and port and not (server.path or server.query)
    if settings.smtp and not (known and server.username is None):
        raise Refused("AK-L011", what="AKSON_SMTP")
    if bool(settings.smtp) != bool(settings.smtp_from) or (settings.smtp and not is_address(settings.smtp_from)):
        raise Refused("AK-L011", what="AKSON_SMTP_FROM")
    if bool(settings.smtp_user) != bool(settings.smtp_password) or (settings.smtp_user and not settings.smtp):
        raise Refused("AK-L011", what="AKSON_SMTP_USER")
    if settings.sms_domain and not (settings.smtp and is_domain(settings.sms_domain)):
        raise Refused("AK-L011", what="AKSON_SMS_DOMAIN")
