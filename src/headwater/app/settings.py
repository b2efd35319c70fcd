"""How an installation is set up: by `HEADWATER_...` in the environment; it opens nothing."""

from __future__ import annotations

import os
from datetime import tzinfo
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from headwater.engine.limits import Limits
from headwater.errors import UsageError
from headwater.model.ingest import ReadingLimits
from headwater.model.spending import Bounds
from headwater.policy.breaker import BreakerRules
from headwater.policy.budget import DEFAULT_S, LEAST_S, MOST_S
from headwater.toolkit.schema import describe


class Settings(BaseSettings):
    """Every setting, with its unit in its name; see `docs/reference/settings.md`."""

    model_config = SettingsConfigDict(
        env_prefix="HEADWATER_", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    database: str | None = None
    tenant: str = Field(default="default", min_length=1)
    principal: str = Field(default="local", min_length=1, max_length=200)
    key_secret: SecretStr | None = Field(default=None, min_length=32)
    sealing_key: SecretStr | None = Field(default=None, min_length=32)
    github_url: str = "https://api.github.com"
    github_client_id: str = ""
    github_client_secret: SecretStr | None = None
    github_app_id: str = ""
    github_app_key: SecretStr | None = None
    github_at_once: int = Field(default=8, ge=1, le=50)
    github_sync_s: float = Field(default=300.0, ge=0, le=86_400)
    jwt_secret: SecretStr | None = Field(default=None, min_length=32)
    jwt_jwks_url: str | None = None
    jwt_issuer: str | None = None
    jwt_audience: str | None = None
    jwt_tenant_claim: str = "tenant"
    jwt_role_claim: str = Field(default="role", min_length=1)
    jwt_leeway_s: float = Field(default=10.0, ge=0, le=300)
    budget_s: float = Field(default=DEFAULT_S, ge=LEAST_S, le=MOST_S)
    prepare: bool = True
    sqlite_readers: int = Field(default=4, ge=1, le=64)
    database_pool: int = Field(default=8, ge=1, le=200)
    cache_bytes: int = Field(default=64_000_000, ge=0)
    runs_keep_days: float = Field(default=30.0, gt=0, le=100_000)
    runs_keep_count: int = Field(default=10_000, ge=1)
    max_steps: int = Field(default=500, ge=1)
    max_depth: int = Field(default=100, ge=1)
    max_parallel: int = Field(default=32, ge=1)
    max_elements: int = Field(default=1000, ge=1)
    max_nesting: int = Field(default=64, ge=4)
    max_plan_bytes: int = Field(default=1_000_000, ge=1_000)
    max_argument_bytes: int = Field(default=1_000_000, ge=1_000)
    max_result_bytes: int = Field(default=16_000_000, ge=1_000)
    max_threads_each: int = Field(default=8, ge=1)
    redis: SecretStr | None = None
    otel_endpoint: str | None = None
    service_name: str = Field(default="headwater", min_length=1)
    watch_loop: bool = False
    mcp_hosts: str = ""
    mcp_origins: str = ""
    key: SecretStr | None = None
    body_bytes: int = Field(default=4_194_304, ge=1_000)
    upload_bytes: int = Field(default=1_073_741_824, ge=1_000)
    unpacked_bytes: int = Field(default=10_737_418_240, ge=1_000)
    jobs: bool = False
    jobs_database: str | None = None
    jobs_folder: str | None = None
    jobs_at_once: int = Field(default=2, ge=0, le=32)
    notices_at_once: int = Field(default=4, ge=1, le=32)
    smtp_url: SecretStr | None = None
    mail_azure: SecretStr | None = None
    mail_folder: str | None = None
    mail_from: str | None = None
    mail_ca: str | None = None
    webhook_hosts: str = ""
    webhook_ca: str | None = None
    jobs_keep_days: float = Field(default=30.0, gt=0, le=100_000)
    document_bytes: int = Field(default=52_428_800, ge=1_000)
    document_text_bytes: int = Field(default=10_485_760, ge=1_000)
    document_pages: int = Field(default=2_000, ge=1)
    document_memory_bytes: int = Field(default=536_870_912, ge=134_217_728)
    document_cpu_s: float = Field(default=20.0, ge=1)
    document_s: float = Field(default=25.0, ge=1)
    embedder: Literal["auto", "minilm", "hashing", "openai"] = "auto"
    embedder_threads: int = Field(default=2, ge=1, le=64)
    embedder_url: str | None = None
    embedder_model: str | None = None
    embedder_key: SecretStr | None = None
    llm_url: str | None = None
    llm_models: str = ""
    llm_key: SecretStr | None = None
    llm_tokens_per_day: int = Field(default=0, ge=0)
    llm_tokens_per_run: int = Field(default=0, ge=0)
    llm_prices: str = ""
    llm_cost_per_day: float = Field(default=0.0, ge=0, le=1_000_000_000)
    llm_cost_per_run: float = Field(default=0.0, ge=0, le=1_000_000_000)
    llm_planner: Literal["off", "unread", "always"] = "off"
    llm_check: bool = False
    vectors: Literal["database", "astra"] = "database"
    astra_endpoint: str | None = None
    astra_token: SecretStr | None = None
    astra_keyspace: str = Field(default="default_keyspace", min_length=1)
    exact_vectors: int = Field(default=200_000, ge=0)
    index_bytes: int = Field(default=1_000_000_000, ge=0)
    ocr: bool = True
    ocr_languages: str = Field(default="eng", pattern=r"^[A-Za-z_]+(\+[A-Za-z_]+)*$")
    header_bytes: int = Field(default=32_768, ge=1_000)
    header_s: float = Field(default=10.0, gt=0)
    body_s: float = Field(default=12.0, gt=0)
    connections: int = Field(default=4_000, ge=1)
    questions_at_once: int = Field(default=16, ge=1)
    reads_at_once: int = Field(default=16, ge=1)
    most_waiting: int = Field(default=4_000, ge=1)
    runs_per_tenant: int = Field(default=0, ge=0)
    requests_per_key: int = Field(default=0, ge=0)
    failed_keys: int = Field(default=100, ge=0)
    requests_per_key_s: float = Field(default=60.0, gt=0)
    stop_s: float = Field(default=20.0, gt=0, le=600)
    breaker_window_s: float = Field(default=10.0, gt=0)
    breaker_least_calls: int = Field(default=20, ge=1)
    breaker_share: float = Field(default=0.5, gt=0, le=1)
    breaker_open_s: float = Field(default=3.0, gt=0)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        *_: PydanticBaseSettingsSource,
        **__: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read what is given and the environment, which is asked only where it has any of ours.

        There are a hundred settings, and looking each up takes longer than the rest of an opening.
        """
        prefix = cls.model_config["env_prefix"]
        ours = any(name.upper().startswith(prefix) for name in os.environ)
        return (init_settings, env_settings) if ours else (init_settings,)

    @property
    def default_url(self) -> str:
        """Return the URL of the estate in the user's data folder."""
        from platformdirs import user_data_path

        return f"sqlite:///{user_data_path('headwater') / 'estate.db'}"

    @property
    def database_url(self) -> str:
        """Return the URL set, or the default one."""
        return self.database or self.default_url

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return all that is set and may be shown nowhere, passwords in URLs included."""
        given = [getattr(self, name) for name in type(self).model_fields]
        secret = [one.get_secret_value() for one in given if isinstance(one, SecretStr)]
        urls = [one for one in (*given, *secret) if isinstance(one, str) and "://" in one]
        passwords = [one for url in urls if (one := _password_of(url))]
        return (*secret, *passwords, *map(unquote, passwords), *self.sealing_keys)

    @property
    def key_digest_secret(self) -> bytes:
        """Return what keys the digests of API keys; empty where nothing is set."""
        return _bytes_of(self.key_secret)

    @property
    def sealing_keys(self) -> tuple[str, ...]:
        """Return what secrets are sealed by, the newest first; none where nothing is set."""
        given = self.sealing_key.get_secret_value() if self.sealing_key else ""
        return tuple(one.strip() for one in given.split(",") if one.strip())

    @property
    def uses_github(self) -> bool:
        """Tell whether anything is set that is for GitHub."""
        own = self.github_url != type(self).model_fields["github_url"].default
        return own or bool(self.github_client_id or self.github_app_id)

    @property
    def github_app(self) -> dict[str, str]:
        """Return who we are at GitHub, as it is opened by; empty texts where we are nobody."""
        secret, key = self.github_client_secret, self.github_app_key
        return {
            "client_id": self.github_client_id,
            "client_secret": secret.get_secret_value() if secret else "",
            "app_id": self.github_app_id,
            "private_key": key.get_secret_value() if key else "",
        }

    @property
    def jwt_shared_secret(self) -> bytes:
        """Return what HS256 tokens are signed by; empty where nothing is set."""
        return _bytes_of(self.jwt_secret)

    @property
    def embedding_service(self) -> tuple[str, str, str | None]:
        """Return the URL of the service that embeds, its model and the key to it.

        Raises:
            UsageError: `settings.bad` where URL or model is missing.
        """
        if not self.embedder_url or not self.embedder_model:
            message = (
                "HEADWATER_EMBEDDER=openai needs HEADWATER_EMBEDDER_URL (with its version, such "
                "as https://host/v1) and HEADWATER_EMBEDDER_MODEL; set both"
            )
            raise UsageError(message, code="settings.bad")
        key = self.embedder_key
        return self.embedder_url, self.embedder_model, key.get_secret_value() if key else None

    @property
    def astra_database(self) -> dict[str, Any]:
        """Return where the Astra DB is that finds vectors, as its client is opened by.

        Raises:
            UsageError: `settings.bad` where endpoint or token is missing.
        """
        if not self.astra_endpoint or self.astra_token is None:
            message = (
                "HEADWATER_VECTORS=astra needs HEADWATER_ASTRA_ENDPOINT (https://...com, from the "
                "database's page) and HEADWATER_ASTRA_TOKEN; set both"
            )
            raise UsageError(message, code="settings.bad")
        token = self.astra_token.get_secret_value()
        return {
            "endpoint": self.astra_endpoint,
            "token": token,
            "keyspace": self.astra_keyspace,
        }

    @property
    def language_models(self) -> dict[str, Any]:
        """Return where the language models are and how they may be used, as they are opened by."""
        return {
            "url": self.llm_url or "",
            "models": tuple(one.strip() for one in self.llm_models.split(",") if one.strip()),
            "key": self.llm_key,
            "prices": self.llm_prices,
            "bounds": self.llm_bounds,
            "checks": self.llm_check,
            "prepare": self.prepare,
        }

    @property
    def llm_bounds(self) -> Bounds:
        """Return what language models may take."""
        return Bounds(
            tokens_per_day=self.llm_tokens_per_day,
            tokens_per_run=self.llm_tokens_per_run,
            micros_per_day=round(self.llm_cost_per_day * 1_000_000),
            micros_per_run=round(self.llm_cost_per_run * 1_000_000),
        )

    @property
    def limits(self) -> Limits:
        """Return the bounds that the engine keeps."""
        return Limits(
            steps=self.max_steps,
            depth=self.max_depth,
            nesting=self.max_nesting,
            parallel=self.max_parallel,
            elements=self.max_elements,
            plan_bytes=self.max_plan_bytes,
            argument_bytes=self.max_argument_bytes,
            result_bytes=self.max_result_bytes,
            threads_each=self.max_threads_each,
            breaker=BreakerRules(
                window_s=self.breaker_window_s,
                least_calls=self.breaker_least_calls,
                share=self.breaker_share,
                open_s=self.breaker_open_s,
            ),
        )

    @property
    def reading_limits(self) -> ReadingLimits:
        """Return what reading one document may take."""
        return ReadingLimits(
            file_bytes=self.document_bytes,
            text_bytes=self.document_text_bytes,
            pages=self.document_pages,
            memory_bytes=self.document_memory_bytes,
            cpu_s=self.document_cpu_s,
            wall_s=self.document_s,
            ocr=self.ocr,
            ocr_languages=self.ocr_languages,
        )


def find_settings() -> Settings:
    """Return what the environment sets, and the defaults for the rest.

    Raises:
        UsageError: `settings.bad`, naming each variable that is wrong and why.
    """
    try:
        return Settings()
    except ValidationError as error:
        message = f"the environment sets HEADWATER_... wrongly: {_told(error)}"
        raise UsageError(message, code="settings.bad") from error


def _told(error: ValidationError) -> str:
    """Say what is wrong, and what was given unless a secret is among it."""
    wrong = [(str(one["loc"][0]), one["msg"]) for one in error.errors() if one["loc"]]
    if not SECRETS.isdisjoint(name for name, _ in wrong):
        return "; ".join(f"{name}: {words}" for name, words in wrong)
    return describe(error)


def _password_of(url: str) -> str | None:
    try:
        return urlsplit(url).password
    except ValueError:
        return None


def _bytes_of(secret: SecretStr | None) -> bytes:
    return b"" if secret is None else secret.get_secret_value().encode()


SECRETS = frozenset(
    name for name, field in Settings.model_fields.items() if "Secret" in str(field.annotation)
)
"""Settings whose values are shown nowhere."""


def local_zone() -> tzinfo:
    """Return the zone in which words such as yesterday are read: the machine's own."""
    from tzlocal import get_localzone

    return get_localzone()
