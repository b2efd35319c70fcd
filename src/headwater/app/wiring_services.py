"""Who stands behind what is no store: jobs, telemetry, tokens, sealing; stores are in the wiring.

Drivers are imported where they are opened, as in `app/wiring.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
from anyio import to_thread

from headwater.app.job_place import job_place
from headwater.app.post import NoOutbox, Post
from headwater.app.settings import Settings
from headwater.errors import UsageError
from headwater.policy.egress import Egress
from headwater.ports.embedder import Embedder
from headwater.ports.embeddings import Embeddings
from headwater.ports.jobs import Jobs
from headwater.ports.loop_lag import LoopLag
from headwater.ports.mailer import Mailer
from headwater.ports.sealer import Sealer
from headwater.ports.telemetry import Telemetry
from headwater.ports.tokens import Tokens


def open_telemetry(settings: Settings) -> Telemetry:
    """Return what tallies calls and runs, and sends spans where a collector is set."""
    from headwater.services.telemetry import ServiceTelemetry

    if settings.otel_endpoint is None:
        return ServiceTelemetry()
    from headwater.services.spans import Spans, otlp_exporter

    return ServiceTelemetry(
        Spans(otlp_exporter(settings.otel_endpoint), service=settings.service_name)
    )


def of_process(settings: Settings) -> dict[str, Any]:
    """Return what each process has of its own, where nothing is shared."""
    from headwater.stores.memory.cache import MemoryCache
    from headwater.stores.memory.rates import MemoryRates

    return {"cache": MemoryCache(settings.cache_bytes), "rates": MemoryRates()}


def made_by(settings: Settings, embedder: str) -> str:
    """Return a short name of what answers from documents are made by, for replicas that differ."""
    models = (settings.language_models["models"], settings.llm_check)
    chosen = repr((embedder, settings.vectors, *models))
    return f"{hashlib.blake2b(chosen.encode(), digest_size=6).hexdigest()}:"


def embedding_once(model: Embedder, *, far: Embeddings | None = None) -> Embedder:
    """Return what makes vectors of each text once; `far` is where all processes keep them."""
    from headwater.services.embedder.once import OnceEmbedder
    from headwater.stores.memory.embeddings import MemoryEmbeddings

    return OnceEmbedder(model, near=MemoryEmbeddings(), far=far or MemoryEmbeddings())


def open_sealer(settings: Settings) -> Sealer:
    """Return what keeps others' secrets; without a key it keeps none.

    Raises:
        UsageError: `settings.bad`.
    """
    if not settings.sealing_keys:
        from headwater.services.not_sealing import NoSealer

        return NoSealer()
    from headwater.services.sealing import FernetSealer

    return FernetSealer(settings.sealing_keys)


def open_tokens(settings: Settings) -> Tokens | None:
    """Return what checks tokens, or None where none are taken: there is no default secret.

    Raises:
        UsageError: `settings.bad` where what is set does not suffice.
    """
    secret, url = settings.jwt_shared_secret, settings.jwt_jwks_url
    if not secret and not url:
        return None
    issuer, audience = settings.jwt_issuer, settings.jwt_audience
    if not issuer or not audience or (secret and url):
        message = (
            "tokens are taken with HEADWATER_JWT_ISSUER and HEADWATER_JWT_AUDIENCE and either "
            "HEADWATER_JWT_SECRET or HEADWATER_JWT_JWKS_URL; set these three"
        )
        raise UsageError(message, code="settings.bad")
    from headwater.services.key_set import KeySet
    from headwater.services.tokens import JwtTokens, SharedSecret, SigningKeys

    keys: SigningKeys = KeySet(url) if url else SharedSecret(secret)
    return JwtTokens(keys, audience=audience, issuer=issuer, leeway_s=settings.jwt_leeway_s)


def loop_watch() -> LoopLag:
    """Return what looks whether something holds up the loop."""
    from headwater.services.loop_watch import LoopWatch

    return LoopWatch()


@asynccontextmanager
async def open_jobs(url: str, settings: Settings) -> AsyncIterator[Jobs | None]:
    """Open the background jobs of an estate, where they are on.

    Raises:
        UsageError: `jobs.twice`.
        StoreFault: `jobs.unreachable`.
    """
    if not settings.jobs:
        yield None
        return
    opened = await to_thread.run_sync(_jobs_adapter)
    async with anyio.TemporaryDirectory[str](prefix="headwater-jobs-") as nowhere:
        place = job_place(url, settings, nowhere=Path(nowhere))
        at_once = {"at_once": settings.jobs_at_once, "notices_at_once": settings.notices_at_once}
        async with opened(place.url, folder=place.folder, **at_once) as jobs:
            yield jobs


def _jobs_adapter() -> Callable[..., AbstractAsyncContextManager[Jobs]]:
    """Import DBOS, which takes a while and is needed nowhere else."""
    from headwater.services.jobs import DbosJobs

    return DbosJobs.open


async def open_post(settings: Settings, *, jobs: Jobs | None) -> Post:
    """Return what sends notices; it connects to nobody before the first.

    Raises:
        UsageError: `settings.bad`.
    """
    from headwater.services.courier import WebhookCourier

    return Post(
        outbox=NoOutbox() if jobs is None else jobs.outbox,
        mailer=await to_thread.run_sync(open_mailer, settings),
        courier=WebhookCourier(
            Egress(settings.webhook_hosts.split(",")), authorities=settings.webhook_ca
        ),
        sealer=open_sealer(settings),
    )


def open_mailer(settings: Settings) -> Mailer | None:
    """Return whoever carries mail, or None where nobody is set.

    Raises:
        UsageError: `settings.bad`.
    """
    smtp, azure, folder = settings.smtp_url, settings.mail_azure, settings.mail_folder
    given = [one for one in (smtp, azure, folder) if one is not None]
    if not given:
        return None
    if len(given) > 1 or settings.mail_from is None:
        message = (
            "mail is sent with HEADWATER_MAIL_FROM and one of HEADWATER_SMTP_URL, "
            "HEADWATER_MAIL_AZURE and HEADWATER_MAIL_FOLDER; set these two"
        )
        raise UsageError(message, code="settings.bad")
    from headwater.services.mailer.mime import sender_of

    sender = sender_of(settings.mail_from)
    if smtp is not None:
        from headwater.services.mailer.smtp import SmtpMailer, read_smtp_url

        place = read_smtp_url(smtp.get_secret_value())
        return SmtpMailer(place, sender, authorities=settings.mail_ca)
    if azure is not None:
        from headwater.services.mailer.azure import AzureMailer

        return AzureMailer(azure.get_secret_value(), sender, authorities=settings.mail_ca)
    from headwater.services.mailer.folder import FolderMailer

    return FolderMailer(Path(str(folder)), sender)
