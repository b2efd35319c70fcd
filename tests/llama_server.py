"""A real llama.cpp server on loopback, with a tiny model of random weights that is made here.

Run as a script: it writes the model to the folder given, serves it, says where as its first line of
output, and ends when its input does.
"""

from __future__ import annotations

import random
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from patience import GUARD_S

WIDTH, INNER, HEADS, CONTEXT = 32, 64, 2, 32_768
SPECIAL = ("<unk>", "<s>", "</s>")
BYTES = [f"<0x{number:02X}>" for number in range(256)]
LETTERS = ["▁", *(chr(code) for code in range(0x21, 0x7F))]
UNKNOWN, CONTROL, BYTE, NORMAL = 2, 3, 6, 1
TEMPLATE = "{% for one in messages %}{{ one.role }}: {{ one.content }}\n{% endfor %}assistant: "
"""How the messages of a chat become one text."""

U32, I32, F32, STRING, ARRAY = 4, 5, 6, 8, 9
"""Kinds of values in a GGUF file."""
ALIGNED = 32


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _value(kind: int, value: Any) -> bytes:
    if kind == STRING:
        return _text(value)
    return struct.pack({U32: "<I", I32: "<i", F32: "<f"}[kind], value)


def _field(name: str, kind: int, value: Any) -> bytes:
    return _text(name) + struct.pack("<I", kind) + _value(kind, value)


def _list(name: str, kind: int, values: Sequence[Any]) -> bytes:
    head = _text(name) + struct.pack("<IIQ", ARRAY, kind, len(values))
    return head + b"".join(_value(kind, one) for one in values)


def _fields(tokens: Sequence[str]) -> list[bytes]:
    letters, of_bytes = len(LETTERS), len(BYTES)
    return [
        _field("general.architecture", STRING, "llama"),
        _field("general.name", STRING, "random"),
        _field("llama.context_length", U32, CONTEXT),
        _field("llama.embedding_length", U32, WIDTH),
        _field("llama.block_count", U32, 1),
        _field("llama.feed_forward_length", U32, INNER),
        _field("llama.attention.head_count", U32, HEADS),
        _field("llama.attention.head_count_kv", U32, HEADS),
        _field("llama.attention.layer_norm_rms_epsilon", F32, 1e-5),
        _field("llama.rope.dimension_count", U32, WIDTH // HEADS),
        _field("llama.vocab_size", U32, len(tokens)),
        _field("tokenizer.ggml.model", STRING, "llama"),
        _list("tokenizer.ggml.tokens", STRING, tokens),
        _list("tokenizer.ggml.scores", F32, [0.0] * len(tokens)),
        _list(
            "tokenizer.ggml.token_type",
            I32,
            [UNKNOWN, CONTROL, CONTROL, *[BYTE] * of_bytes, *[NORMAL] * letters],
        ),
        _field("tokenizer.ggml.bos_token_id", U32, 1),
        _field("tokenizer.ggml.eos_token_id", U32, 2),
        _field("tokenizer.ggml.unknown_token_id", U32, 0),
        _field("tokenizer.chat_template", STRING, TEMPLATE),
    ]


def _shapes(words: int) -> dict[str, tuple[int, ...]]:
    square, block = (WIDTH, WIDTH), "blk.0."
    return {
        "token_embd.weight": (WIDTH, words),
        "output_norm.weight": (WIDTH,),
        "output.weight": (WIDTH, words),
        f"{block}attn_norm.weight": (WIDTH,),
        f"{block}attn_q.weight": square,
        f"{block}attn_k.weight": square,
        f"{block}attn_v.weight": square,
        f"{block}attn_output.weight": square,
        f"{block}ffn_norm.weight": (WIDTH,),
        f"{block}ffn_gate.weight": (WIDTH, INNER),
        f"{block}ffn_up.weight": (WIDTH, INNER),
        f"{block}ffn_down.weight": (INNER, WIDTH),
    }


def write_model(path: Path, *, seed: int = 1) -> None:
    """Write a model of the llama architecture whose weights are drawn by a seed."""
    dice = random.Random(seed)
    tokens = [*SPECIAL, *BYTES, *LETTERS]
    fields, shapes = _fields(tokens), _shapes(len(tokens))
    heads, weights, at = [], [], 0
    for name, shape in shapes.items():
        count = shape[0] * (shape[1] if len(shape) > 1 else 1)
        drawn = [dice.gauss(0, 0.3) for _ in range(count)]
        raw = struct.pack(f"<{count}f", *(drawn if len(shape) > 1 else [1.0] * count))
        sizes = struct.pack(f"<{len(shape)}Q", *shape)
        heads.append(
            _text(name) + struct.pack("<I", len(shape)) + sizes + struct.pack("<IQ", 0, at)
        )
        weights.append(raw + b"\0" * (-len(raw) % ALIGNED))
        at += len(weights[-1])
    begin = b"GGUF" + struct.pack("<IQQ", 3, len(shapes), len(fields))
    head = begin + b"".join(fields) + b"".join(heads)
    path.write_bytes(head + b"\0" * (-len(head) % ALIGNED) + b"".join(weights))


@contextmanager
def llama_server(folder: Path) -> Iterator[str]:
    """Serve a tiny random model from a process of its own, and give its URL."""
    command = [sys.executable, __file__, str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        line = next((one for one in process.stdout if one.startswith("http")), "")
        try:
            assert line, "the server did not start"
            yield f"{line.strip()}/v1"
        finally:
            process.stdin.close()
            try:
                process.wait(GUARD_S)
            except subprocess.TimeoutExpired:
                process.kill()


def serve(folder: Path) -> None:
    """Serve until the input ends."""
    import xllamacpp

    model = folder / "random.gguf"
    write_model(model)
    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.model_alias = "random"
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx = CONTEXT
    params.n_parallel = 1
    params.n_threads_http = 2
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    params.warmup = False
    params.use_jinja = True
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)  # noqa: T201
    sys.stdin.read()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
