"""Settings: `TWOLATCH_*` in the environment, `TWOLATCH_*_FILE` for secrets, one TOML file (`TWOLATCH_CONFIG`).

No setting fails open: an unknown value stops the start (rule C7).
"""

import os
import re
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

# May carry a password: each can come from a file instead.
SECRETS = ("TWOLATCH_DATABASE", "TWOLATCH_MAIL", "TWOLATCH_SIGNALS")

_FINGERPRINT = re.compile(r"[0-9A-F]{2}(:[0-9A-F]{2}){31}")
_FEE = re.compile(r"[a-z]+\.(cancelled|on_the_way|returned|battery|defect|damaged|lost|not_returned)")
_APPLE_APP = re.compile(r"[A-Z0-9]{10}(\.[A-Za-z0-9-]+){2,}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_MOST = 1_000_000_000_000  # of the limits' currency: sums of a week stay far below what a database counts

RankWord = Literal["none", "spare", "good", "strong", "best"]
TraitWord = Literal[
    "possession", "pin_or_body", "shows_context", "typed", "needs_network", "linked", "alone", "paper",
    "one_browser", "stand_in", "bound", "tells_whose",
]  # fmt: skip


class Strength(BaseModel):
    """One line of the strength table: what a proof of at least this `rank` with all these `traits` is good for, in
    whole units of `amount_currency`. "none" is the password alone."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    rank: RankWord
    traits: frozenset[TraitWord] = frozenset()
    day: Annotated[int, Field(ge=0, le=_MOST)] | Literal["unlimited"]
    five_days: Annotated[int, Field(ge=0, le=_MOST)] | Literal["unlimited"]  # business days

    @model_validator(mode="after")
    def _days_fit(self) -> "Strength":
        if self.five_days != "unlimited" and (self.day == "unlimited" or self.day > self.five_days):
            raise ValueError("a day may not allow more than five business days")
        return self


# The first line that a proof fits counts.
STRENGTHS = (
    Strength(
        rank="strong", traits=frozenset({"possession", "pin_or_body", "typed"}), day="unlimited", five_days="unlimited"
    ),
    Strength(rank="strong", day=1_000_000, five_days=1_000_000),
    Strength(rank="good", day=200_000, five_days=600_000),
    Strength(rank="none", day=50_000, five_days=100_000),
)


class Settings(BaseSettings):
    """Every number, address and limit an operator may change. Times carry their unit in the name."""

    model_config = SettingsConfigDict(env_prefix="TWOLATCH_", extra="ignore", frozen=True, hide_input_in_errors=True)

    database: str = "sqlite:///var/twolatch.db"
    key_file: Path = Path("var/master.key")
    key_provider: str = ""  # file:PATH, credential:NAME, vault:https://HOST/v1/transit/keys/NAME; empty: the key file
    vault_token_file: Path | None = None
    vault_ca_file: Path | None = None
    portal_url: str = "http://localhost:8080"
    phone_url: str = "http://phone.localhost:8080"
    desk_url: str = "http://desk.localhost:8080"
    signals: str = ""  # nats:// or tls:// addresses of one cluster, with commas; empty: PostgreSQL, or a socket
    trusted_proxies: int = Field(default=0, ge=0, le=8)  # hops of X-Forwarded-For that are ours

    connections_most: int = Field(default=4_096, ge=64, le=65_536)  # held by one process
    connections_per_address: int = Field(default=512, ge=8, le=65_536)  # without a proxy before us; of one process
    request_head_seconds: int = Field(default=10, ge=1, le=60)
    request_body_seconds: int = Field(default=20, ge=1, le=300)
    slow_reader_seconds: int = Field(default=30, ge=1, le=300)  # in which at least 8 KiB of an answer are read
    keep_alive_seconds: int = Field(default=30, ge=1, le=600)
    requests_most: int = Field(default=512, ge=8, le=65_536)  # in work at once in one process; logins begin in half
    leave_seconds: int = Field(default=0, ge=0, le=300)  # between "not ready" and the end of a process

    site_name: str = "Twolatch"
    portal_name: str = "Client Portal"
    brand_color: str = Field(default="#2f5fd0", pattern=r"^#[0-9a-fA-F]{6}$")
    brand_logo: Path | None = None
    languages: tuple[str, ...] = ("en", "nl")
    support: str = Field(default="", max_length=200)  # how clients reach support, as shown on pages that say so
    time_zone: str = "UTC"  # IANA name; times on pages and in mails

    # Where phones get the app, when the operator offers it there; without any, it is put on the home screen.
    store_apple: str = ""
    store_google: str = ""
    store_360: str = ""
    store_baidu: str = ""

    # Apps of a shop that wrap the phone app: this host says that they are ours.
    app_android: str = Field(default="", pattern=r"^([A-Za-z]\w*(\.[A-Za-z]\w*)+)?$", max_length=200)  # package name
    app_android_fingerprints: tuple[str, ...] = Field(default=(), validate_default=True)  # SHA-256, of its certificates
    app_apple: tuple[str, ...] = ()  # team and bundle: ABCDE12345.com.example.app

    assurance: Literal["standard", "strict"] = "standard"
    activation_minutes: int = Field(default=5, ge=1, le=10)
    offline_codes: Literal["auto", "on", "off"] = "auto"  # codes of a phone without network; auto: not in strict
    card_grace_days: int = Field(default=14, ge=1, le=60)  # from shipping; then a login ends at the card's activation
    card_reminder_days: tuple[int, ...] = (7, 12)  # after shipping, while it is not activated
    card_orders: Literal["equity", "everybody", "off"] = "equity"  # who may order a card in the portal
    card_equity: int = Field(default=1_000_000, ge=0)  # of his accounts together, in whole units
    card_reserve: Decimal = Field(default=Decimal(20), ge=0, le=10_000, decimal_places=2)  # an account carries it
    card_currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")
    card_fees: dict[str, Decimal] = {}  # by kind.cause; else the reserve, or nothing
    card_order_days: int = Field(default=5, ge=1, le=60)  # business days from the order to the client
    card_post_days: int = Field(default=10, ge=1, le=60)  # business days to post a card whose return was announced
    carriers: dict[str, str] = {}  # name: https address with {number}, or empty
    legacy_cards: bool = False  # cards that answer by SHA-1, or with fewer than eight digits
    soft_cards: Path | None = None  # folder of cards for the page that stands in for the hardware: rehearsals only
    challenge_seconds: int = Field(default=180, ge=30, le=600)
    phones_per_user: int = Field(default=1, ge=1, le=10)
    bridging_days: int = Field(default=7, ge=1, le=30)  # how long a phone reported as lost may come back by proof
    dormant_days: int = Field(default=90, ge=1)
    session_idle_minutes: int = Field(default=15, ge=1, le=24 * 60)
    session_hours: int = Field(default=12, ge=1, le=30 * 24)
    fresh_minutes: int = Field(default=5, ge=1, le=60)
    desk_fresh_minutes: int = Field(default=30, ge=1, le=240)  # how long a proof at the desk lets an agent act
    proposal_minutes: int = Field(default=30, ge=5, le=240)  # how long a proposal waits for a second person
    desk_name: str = Field(default="Support desk", min_length=1, max_length=60)  # as agents' phones show it
    password_passes: int = Field(default=2, ge=2, le=10)
    password_memory_mib: int = Field(default=19, ge=19, le=1024)
    password_queue_seconds: int = Field(default=2, ge=1, le=60)  # then a login is told to come back
    pin_iterations: int = Field(default=600_000, ge=1_000, le=5_000_000)

    strength: tuple[Strength, ...] = STRENGTHS  # how much a session may take out, by what proved it
    amount_currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")  # of the limits in that table
    currency_rates: dict[str, Decimal] = {}  # what one unit of each other accepted currency counts as
    business_region: str = Field(default="", max_length=31)  # whose calendar tells business days; empty: weekdays
    confirm_from: Annotated[int, Field(ge=0, le=_MOST)] | None = None  # from so much on, each is confirmed itself
    settling_hours: int = Field(default=24, ge=0, le=30 * 24)  # so long a new authenticator counts as none
    confirm_minutes: int = Field(default=10, ge=1, le=60)  # how long a client has for it

    # How a client reads after his last account closed, and for how long.
    closed_access: Literal["password", "mail_link", "passkey"] = "password"
    closed_years: int = Field(default=7, ge=1, le=30)
    regions: Path | None = None  # folder of regions: where cards are sent back to, who answers the telephone
    document_mib: int = Field(default=5, ge=1, le=50)  # the largest paper that is taken in

    audit_sinks: tuple[str, ...] = ()  # file:PATH, syslog:, syslog://HOST:PORT, https://...: where checkpoints go

    # HOST:PORT for figures; empty: none
    metrics: str = Field(default="", pattern=r"^(|(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):[0-9]{1,5})$")

    # Address of a collector for traces, http://HOST:4318, without name, word or query; empty: none
    otlp: str = Field(default="", pattern=r"^(|https?://[^/@?#\s]+(/[^?#\s]*)?)$")

    mail: str = "folder:var/mail"  # folder:PATH, smtp://host:port, smtp+starttls://name:password@host:port, smtps://
    mail_sender: str = "Twolatch <no-reply@localhost>"
    movable_clock: bool = False  # `twolatch clock forward`: rehearsals only
    push_subject: str = ""  # an https address of the operator; empty: the phone app is not woken by push
    push_hosts: tuple[str, ...] = ()

    @field_validator("portal_url", "phone_url", "desk_url")
    @classmethod
    def _bare_origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError("must be an origin such as https://portal.example.com")
        if parts.scheme == "http" and not is_loopback_name(parts.hostname):
            raise ValueError("plain http is for localhost only: use https")
        return f"{parts.scheme}://{parts.netloc.lower()}"

    @field_validator("signals")
    @classmethod
    def _known_brokers(cls, value: str) -> str:
        for each in filter(None, value.split(",")):
            parts = urlsplit(each)
            if parts.scheme not in {"nats", "tls"} or not parts.hostname or parts.path.strip("/"):
                raise ValueError("must be nats://HOST:PORT or tls://HOST:PORT, several with commas")
        return value

    @field_validator("store_apple", "store_google", "store_360", "store_baidu")
    @classmethod
    def _safe_store(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme != "https" or not parts.hostname or len(value) > 500):
            raise ValueError("must be an https address of at most 500 characters, or empty")
        return value

    @field_validator("app_android_fingerprints")
    @classmethod
    def _whole_fingerprints(cls, value: tuple[str, ...], info: Any) -> tuple[str, ...]:
        if bool(value) != bool(info.data.get("app_android")):
            raise ValueError("the package name and its fingerprints belong together")
        if not all(_FINGERPRINT.fullmatch(each.upper()) for each in value):
            raise ValueError("must be SHA-256 fingerprints: 32 pairs of hex digits with colons between them")
        return tuple(each.upper() for each in value)

    @field_validator("card_fees")
    @classmethod
    def _known_fees(cls, value: dict[str, Decimal]) -> dict[str, Decimal]:
        for name, amount in value.items():
            if not _FEE.fullmatch(name) or not 0 <= amount <= 10_000 or amount * 100 % 1:
                raise ValueError("must be kind.cause = amount, such as card.lost = 20; at most two decimals")
        return value

    @field_validator("carriers")
    @classmethod
    def _safe_carriers(cls, value: dict[str, str]) -> dict[str, str]:
        for name, address in value.items():
            is_safe = not address or (address.startswith("https://") and "{number}" in address)
            if not is_safe or not 0 < len(name) <= 40 or not name.isprintable():
                raise ValueError("must be name = https address with {number} in it, or name = an empty text")
        return value

    @field_validator("app_apple")
    @classmethod
    def _whole_app_ids(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_APPLE_APP.fullmatch(each) for each in value):
            raise ValueError("must be app ids such as ABCDE12345.com.example.app")
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (LookupError, ValueError, OSError):
            raise ValueError("must be an IANA time zone such as Europe/Amsterdam") from None
        return value

    @field_validator("soft_cards")
    @classmethod
    def _soft_cards_only_here(cls, value: Path | None, info: Any) -> Path | None:
        if value and not is_loopback_name(urlsplit(str(info.data.get("portal_url", ""))).hostname or ""):
            raise ValueError("soft cards are for rehearsals on localhost only")
        return value

    @field_validator("strength")
    @classmethod
    def _whole_table(cls, value: tuple[Strength, ...]) -> tuple[Strength, ...]:
        if not value or value[-1].rank != "none" or value[-1].traits:
            raise ValueError('the last line must be for rank "none" without traits, so that every proof has a limit')
        if any(each.rank == "none" for each in value[:-1]):
            raise ValueError('rank "none" fits every proof: only the last line may have it')
        return value

    @field_validator("currency_rates")
    @classmethod
    def _right_rates(cls, value: dict[str, Decimal]) -> dict[str, Decimal]:
        if not all(_CURRENCY.fullmatch(name) for name in value):
            raise ValueError("must name currencies by three capital letters")
        if not all(rate.is_finite() and Decimal("0.000001") <= rate <= 1_000_000 for rate in value.values()):
            raise ValueError("rates must lie between 0.000001 and 1,000,000")
        return value

    @field_validator("movable_clock")
    @classmethod
    def _moved_for_nobody(cls, value: bool, info: Any) -> bool:
        if value and not str(info.data.get("mail", "")).startswith("folder:"):
            raise ValueError("a clock that can be moved is for rehearsals: not beside a real mail server")
        return value

    @field_validator("settling_hours")
    @classmethod
    def _settles_somewhat(cls, value: int, info: Any) -> int:
        if not value and not is_loopback_name(urlsplit(str(info.data.get("portal_url", ""))).hostname or ""):
            raise ValueError("0 is for rehearsals on localhost only")
        return value

    @field_validator("pin_iterations")
    @classmethod
    def _few_rounds_only_here(cls, value: int, info: Any) -> int:
        if value < 100_000 and not is_loopback_name(urlsplit(str(info.data.get("phone_url", ""))).hostname or ""):
            raise ValueError("fewer than 100,000 rounds are for rehearsals on localhost only")
        return value

    @cached_property
    def phone_host(self) -> str:
        """The phone app's authority, as the protocol's `host`."""
        return urlsplit(self.phone_url).netloc

    @cached_property
    def portal_host(self) -> str:
        """The portal's authority: what this site is called towards machines."""
        return urlsplit(self.portal_url).netloc

    @cached_property
    def rp_id(self) -> str:
        """The phone host's name without port: the WebAuthn relying party ID."""
        return urlsplit(self.phone_url).hostname or ""

    @property
    def portal_rp_id(self) -> str:
        """The portal host's name without port: passkeys of clients belong to it, and to no other name."""
        return urlsplit(self.portal_url).hostname or ""

    @property
    def stores(self) -> dict[str, str]:
        """The shops that have the app, by the name the phone app knows them by."""
        every = {"apple": self.store_apple, "google": self.store_google}
        every |= {"360": self.store_360, "baidu": self.store_baidu}
        return {name: address for name, address in every.items() if address}

    @property
    def code_digits(self) -> int:
        """Digits of the number a phone without network answers; 0 where such codes are not taken."""
        if self.offline_codes == "off" or (self.offline_codes == "auto" and self.is_strict):
            return 0
        return 8 if self.is_strict else 6

    @property
    def is_strict(self) -> bool:
        return self.assurance == "strict"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        toml = os.environ.get("TWOLATCH_CONFIG")
        files = (TomlConfigSettingsSource(settings_cls, Path(toml)),) if toml else ()
        return (init_settings, env_settings, *files)


def load() -> Settings:
    """Settings of this process; `TWOLATCH_DATABASE_FILE` and `TWOLATCH_MAIL_FILE` are read into their fields."""
    given: dict[str, Any] = {}
    for name in SECRETS:
        if path := os.environ.get(f"{name}_FILE"):
            given[name.removeprefix("TWOLATCH_").lower()] = Path(path).read_text(encoding="utf-8").strip()
    return Settings(**given)


def is_loopback_name(name: str) -> bool:
    return name in {"localhost", "127.0.0.1", "::1"} or name.endswith(".localhost")
