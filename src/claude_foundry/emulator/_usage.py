"""Token counts of a request, and the prompt cache.

Sources: https://platform.claude.com/docs/en/build-with-claude/token-counting,
https://platform.claude.com/docs/en/build-with-claude/prompt-caching
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from claude_foundry._models import Model, known
from claude_foundry.emulator._turn import blocks
from claude_foundry.emulator._words import tokens

_BYTES_A_TOKEN = 600
_BLOCK_TOKENS = 3
_NOT_READ = ("type", "id", "tool_use_id")
# What was thought in earlier turns is not counted.
_NOT_COUNTED = ("thinking", "redacted_thinking")
_LOOKBACK = 20
_OF_A_PASS = (
    *("input_tokens", "output_tokens"),
    *("cache_creation_input_tokens", "cache_read_input_tokens", "cache_creation"),
)


@dataclass(frozen=True, kw_only=True)
class Part:
    """A piece of the prompt that may end a cached prefix: its tokens, and for how long it asks to be kept."""

    fingerprint: bytes
    tokens: int
    ttl: str | None


@dataclass(frozen=True, kw_only=True)
class Counted:
    """The tokens of a prompt: read from the cache, written to it, and the rest."""

    uncached: int
    read: int
    written: int
    ttl: str


class PromptCache:
    """Remembers the prefixes it was given. Nothing in it expires."""

    def __init__(self) -> None:
        self._prefixes: set[bytes] = set()

    def count(self, request: Mapping[str, Any], *, model: str) -> Counted:
        """Counts a prompt, and remembers the prefixes that it marks."""
        listed = parts(request)
        prefixes = list(_hashes(listed, model))
        totals = list(accumulate(part.tokens for part in listed))
        least = known(model).cache_minimum_tokens
        marked = [place for place, part in enumerate(listed) if part.ttl and totals[place] >= least]
        last = marked[-1] if marked else -1
        hit = next((at for at in range(last, max(-1, last - _LOOKBACK), -1) if prefixes[at] in self._prefixes), -1)
        self._prefixes.update(prefixes[place] for place in marked)
        total = totals[-1] if totals else 0
        read = totals[hit] if hit >= 0 else 0
        kept = totals[last] if last >= 0 else 0
        return Counted(uncached=total - kept, read=read, written=kept - read, ttl=listed[last].ttl or "5m")


def input_tokens(request: Mapping[str, Any]) -> int:
    """Gives the estimated tokens of a prompt."""
    return sum(part.tokens for part in parts(request))


def result_tokens(content: Iterable[Mapping[str, Any]]) -> int:
    """Gives the estimated tokens that the results of the service's tools have, which the model reads."""
    return sum(_part("", block).tokens for block in content if block["type"].endswith("_tool_result"))


def usage(
    counted: Counted,
    *,
    output_tokens: int,
    thinking_tokens: int,
    model: Model,
    read_tokens: int = 0,
    server_tools: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """Gives the ``usage`` of an answer, in the service's form.

    Args:
        counted: the prompt.
        output_tokens: of the answer.
        thinking_tokens: of them, those of thinking.
        model: that answered; where it is hosted shows in ``inference_geo``.
        read_tokens: of results that came while answering.
        server_tools: how often each of the service's tools was used; None where the request has none.
    """
    split = {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0}
    return {
        "input_tokens": counted.uncached + read_tokens,
        "cache_creation_input_tokens": counted.written,
        "cache_read_input_tokens": counted.read,
        "cache_creation": {**split, f"ephemeral_{counted.ttl}_input_tokens": counted.written},
        "output_tokens": output_tokens,
        "output_tokens_details": {"thinking_tokens": thinking_tokens},
        "service_tier": "standard",
        "inference_geo": "global" if "azure" in model.hosting else "not_available",
        **({} if server_tools is None else {"server_tool_use": dict(server_tools)}),
    }


def iteration(kind: str, used: Mapping[str, Any]) -> dict[str, Any]:
    """Gives a pass of the model as ``usage.iterations`` lists it."""
    return {"type": kind, **{name: used[name] for name in _OF_A_PASS}}


def parts(request: Mapping[str, Any]) -> list[Part]:
    """Gives the prompt in the order in which the cache reads it: tools, system, messages."""
    listed = [_part("", tool) for tool in request.get("tools") or ()]
    listed += [_part("system", block) for block in blocks(request.get("system"))]
    for message in request["messages"]:
        listed += [_part(message["role"], block) for block in blocks(message["content"])]
    match request.get("cache_control"):
        case {"type": "ephemeral", **rest} if listed:
            last = listed[-1]
            listed[-1] = Part(fingerprint=last.fingerprint, tokens=last.tokens, ttl=str(rest.get("ttl") or "5m"))
    return listed


def _part(role: str, block: Mapping[str, Any]) -> Part:
    plain = {name: value for name, value in block.items() if name != "cache_control"}
    if plain.get("type") in _NOT_COUNTED:
        return Part(fingerprint=json.dumps(plain, sort_keys=True).encode(), tokens=0, ttl=None)
    control = block.get("cache_control")
    return Part(
        fingerprint=json.dumps([role, plain], sort_keys=True).encode(),
        tokens=_BLOCK_TOKENS + _tokens({name: value for name, value in plain.items() if name not in _NOT_READ}),
        ttl=str(control.get("ttl") or "5m") if control else None,
    )


def _tokens(value: Any) -> int:
    match value:
        case str():
            return tokens(value)
        case {"type": "base64", "data": str(data)}:
            return len(data) // _BYTES_A_TOKEN + 1
        case Mapping():
            return sum(tokens(str(name)) + _tokens(inner) for name, inner in value.items())
        case list():
            return sum(map(_tokens, value))
    return 1


def _hashes(listed: list[Part], model: str) -> Iterator[bytes]:
    running = hashlib.sha256(model.encode())
    for part in listed:
        running.update(part.fingerprint)
        yield running.digest()
