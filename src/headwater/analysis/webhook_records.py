"""What of a webhook can be kept, and what is said of it; it keeps none."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from headwater.analysis.work_refusals import bad
from headwater.errors import LimitError
from headwater.model.webhook import MOST_OF_TEAM, WebhookDraft

KIND = re.compile(r"[a-z_]{1,40}(\.[a-z_]{1,40})?")
MOST_KINDS = 50
MOST_URL_CHARS = 2_000


def check_webhook(draft: WebhookDraft) -> None:
    """Refuse a webhook that cannot be kept.

    Raises:
        UsageError: `work.bad`.
    """
    if not draft.url or len(draft.url) > MOST_URL_CHARS or not draft.url.isprintable():
        raise bad("url", f"is empty, over {MOST_URL_CHARS} characters or not to be printed")
    if len(draft.kinds) > MOST_KINDS:
        raise bad("kinds", f"are over {MOST_KINDS}; name families, such as item")
    for one in draft.kinds:
        if not KIND.fullmatch(one):
            raise bad("kinds", f"{ascii(one)[:40]} is none; write item.updated, or item")


def too_many(team: int) -> LimitError:
    """Make the error of a team that has as many webhooks as it may."""
    message = f"team {team} has {MOST_OF_TEAM} webhooks, which is the most; remove one"
    return LimitError(message, code="webhook.too_many")


def title_of(url: str) -> str:
    """Return what a webhook is called where others than leaders may read it: its host."""
    return urlsplit(url).hostname or "webhook"
