"""Was the same asked of a model before? Then what it wrote is given again; it asks none itself.

Only what came whole is kept: an error, or an answer that was cut, is none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from hashlib import sha256
from typing import Any

from headwater.errors import HeadwaterError
from headwater.model.principal import Principal
from headwater.model.remark import Remarks
from headwater.ports.cache import Cache
from headwater.ports.llm import Completion, Llm

HERE = "services.llm_kept"


class KeptLlm:
    """Models whose answers are kept for whoever may see the same and asks the very same.

    Args:
        llm: The models.
        cache: Where answers are kept; what cannot be read there or written is asked anew.
    """

    def __init__(self, llm: Llm, cache: Cache) -> None:
        self._llm = llm
        self._cache = cache

    @property
    def models(self) -> tuple[str, ...]:
        """Return the models in the order in which they are asked."""
        return self._llm.models

    @property
    def checks(self) -> bool:
        """Tell whether a model may be asked to check what was written."""
        return self._llm.checks

    async def complete(
        self,
        system: str,
        user: str,
        *,
        schema: Mapping[str, Any] | None = None,
        most_tokens: int,
        remarks: Remarks,
        principal: Principal,
    ) -> Completion:
        """Return what was written before for the same, else what is written now."""
        asked = json.dumps([self.models, system, user, schema, most_tokens], sort_keys=True)
        digest = sha256(asked.encode("utf-8", "surrogatepass")).hexdigest()
        key = "\x1e".join(("language model", principal.scope, digest))
        with suppress(HeadwaterError):
            if (kept := await self._cache.get(key)) is not None:
                found = replace(Completion(**json.loads(kept)), micros=0, kept=True)
                counts = {"input_tokens": 0, "output_tokens": 0, "cost": 0.0}
                remarks.note("model.answered", HERE, model=found.model, kept=True, **counts)
                return found
        written = await self._llm.complete(
            system,
            user,
            schema=schema,
            most_tokens=most_tokens,
            remarks=remarks,
            principal=principal,
        )
        with suppress(HeadwaterError):
            value = json.dumps(asdict(written)).encode()
            await self._cache.put(key, value, size_bytes=len(value))
        return written
