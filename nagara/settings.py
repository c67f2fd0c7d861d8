"""Settings from the environment: few, typed, and refusing what would be unsafe outside the demo."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from nagara.errors import InsecureSecret

REPOSITORY = Path(__file__).resolve().parent.parent
INSECURE_KEY = "only-for-development"
MINIMUM_KEY_LENGTH = 32


class Limits(BaseModel):
    """How many messages of a channel a city sends: in all, and to each destination; none: as many as there are."""

    model_config = ConfigDict(extra="forbid")

    a_minute: int | None = Field(default=None, ge=1)
    a_day: int | None = Field(default=None, ge=1)
    a_minute_each: int | None = Field(default=None, ge=1)
    a_day_each: int | None = Field(default=None, ge=1)


class Settings(BaseSettings):
    """Every setting Nagara reads, by the name of its environment variable."""

    model_config = SettingsConfigDict(env_prefix="NAGARA_", populate_by_name=True, extra="ignore")

    database_url: str = Field(
        default="postgresql://127.0.0.1/nagara",
        validation_alias="DATABASE_URL",
        description="PostgreSQL 15 or newer, as the role that owns the tables",
    )
    redis_url: str = Field(
        default="redis://127.0.0.1:6379/0",
        validation_alias="REDIS_URL",
        description="Redis or Valkey: the task queue and the rate limits",
    )
    broker_url: str | None = Field(
        default=None,
        description="The task queue, where it is not on that Redis: amqp://... of RabbitMQ, or another Redis",
    )
    metrics_key: SecretStr | None = Field(
        default=None,
        description="Bearer key with which a collector reads /metrics; none: nobody, unless public_url is this machine",
    )
    metrics_on_loopback: bool = Field(
        default=False,
        description="Without a key, programs on this machine read /metrics; only where every proxy here says for whom",
    )
    data: Path = Field(
        default=REPOSITORY / ".nagara", description="Folder for state that is not in PostgreSQL"
    )
    media_url: str | None = Field(
        default=None,
        description="Where pictures lie: file:///folder or s3://bucket/prefix; none: in the data",
    )
    city_config: Path = Field(default=REPOSITORY / "city_config", description="Folder of the cities' files")
    web: Path = Field(default=REPOSITORY / "web" / "dist", description="Folder of the built web pages")
    secret_key: SecretStr = Field(
        default=SecretStr(INSECURE_KEY),
        description="At least 32 characters; signs residents' links and encrypts their contact data",
    )
    demo: bool = Field(default=False, description="Demo data, simulated cities and the message viewer")
    rate_limits: Literal["on", "off"] = Field(default="on", description="off: for load tests on loopback")
    public_url: str = Field(
        default="http://127.0.0.1:8000", description="Address residents reach, for links in mails"
    )
    trusted_proxies: str = Field(
        default="",
        description="Addresses of the proxies in front, by comma; only theirs may say where a call comes from",
    )
    smtp_url: str | None = Field(
        default=None, description="smtp://host:port of the mail server; none: mails wait"
    )
    mail_from: str = Field(default="nagara@localhost", description="Sender of mails to residents")
    outbox_dir: Path | None = Field(
        default=None, description="Where the demo's mail sink keeps what it received"
    )
    oidc_secrets: dict[str, SecretStr] = Field(
        default={}, description='Our secrets at identity providers, as JSON: {"kh-pnh/<provider>": "..."}'
    )
    sms_url: str | None = Field(
        default=None, description="Address of the SMS gateway; none: text messages wait"
    )
    sms_method: Literal["POST", "PUT", "GET"] = Field(default="POST", description="How the gateway is called")
    sms_body: str = Field(
        default='{"to": {to}, "text": {text}, "from": {from}, "id": {id}}',
        description="What the gateway is sent: {to} {text} {from} {id} become JSON strings, or parts of a form",
    )
    sms_content_type: Literal["application/json", "application/x-www-form-urlencoded"] = Field(
        default="application/json", description="What the body is written in"
    )
    sms_auth_header: SecretStr | None = Field(
        default=None, description="A header that says who we are: Authorization: Bearer ..."
    )
    sms_from: str = Field(default="Nagara", max_length=16, description="Sender of text messages")
    push_private_key: SecretStr | None = Field(
        default=None, description="VAPID key (P-256, base64url); none: made from the secret key"
    )
    push_contact: str = Field(
        default="mailto:nagara@localhost", description="Whom a push service may write to: mailto: or https:"
    )
    telegram_token: SecretStr | None = Field(
        default=None, description="Token of the Telegram bot; none: no bot, and its messages wait"
    )
    telegram_bot: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9_]{5,32}$", description="Its username, for links to it"
    )
    telegram_api: str = Field(default="https://api.telegram.org", description="Where the Bot API is")
    conversations: int = Field(
        default=4, ge=1, le=32, description="Connections a channel delivers over at the same time"
    )
    notice_lease_s: int = Field(
        default=60,
        ge=5,
        description="Seconds after which messages that a killed worker had in hand are sent again",
    )
    notice_limits: dict[str, Limits] = Field(
        default={},
        description='Messages a city sends, as JSON: {"sms": {"a_minute": 60, "a_day": 5000, "a_day_each": 20}}',
    )
    federation_key: SecretStr | None = Field(
        default=None,
        description="With which a city that runs its own Nagara signs: Ed25519, base64url (nagara federation key)",
    )
    federation_hub: str | None = Field(
        default=None, description="Address of the network's Nagara, to which bundles are pushed"
    )
    external_keys: dict[str, SecretStr] = Field(
        default={},
        description='Our api_keys at other back-ends, as JSON: {"kh-pnh/<key of external_owners.yaml>": "..."}',
    )
    traces_url: str | None = Field(
        default=None,
        pattern=r"^https?://",
        description="Collector of traces, OTLP over HTTP: http://host:4318/v1/traces; none: no traces",
    )
    traces_share: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="Share of the calls that are traced, where the caller has not decided",
    )
    pool_size: int = Field(
        default=8, ge=1, le=64, description="Database connections that each pool of a process holds at most"
    )

    def refuse_unsafe(self) -> None:
        """Raise ``InsecureSecret`` for a secret that could be guessed, outside the demo; for every door's start."""
        key = self.secret_key.get_secret_value()
        if not self.demo and (key == INSECURE_KEY or len(key) < MINIMUM_KEY_LENGTH):
            raise InsecureSecret(
                f"NAGARA_SECRET_KEY needs at least {MINIMUM_KEY_LENGTH} random characters outside the demo.",
                field="NAGARA_SECRET_KEY",
            )

    @property
    def secret(self) -> bytes:
        """The secret key as bytes; an unsafe one is never handed out."""
        self.refuse_unsafe()
        return self.secret_key.get_secret_value().encode()


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The process's settings, read once."""
    return Settings()
