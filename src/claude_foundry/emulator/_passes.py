"""The passes of the model that make an answer: one that sums the conversation up where that is due, and the answer's.

Source: https://platform.claude.com/docs/en/build-with-claude/compaction
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from claude_foundry._models import Model
from claude_foundry.emulator import _answers, _compaction, _context, _turn, _web
from claude_foundry.emulator._answers import Answer
from claude_foundry.emulator._compaction import Compaction
from claude_foundry.emulator._context import Seen
from claude_foundry.emulator._ids import Ids
from claude_foundry.emulator._limits import Ending, ended
from claude_foundry.emulator._served import Resources
from claude_foundry.emulator._usage import Counted, PromptCache, iteration, result_tokens, usage

Fields = Mapping[str, Any]

_DETAILS = {"type": "refusal", "category": "general_harms", "explanation": "The emulator was told to refuse this."}
_NOTHING = Counted(uncached=0, read=0, written=0, ttl="5m")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What comes of a request: the answer as far as its limits let it come, and what is told beside it."""

    ending: Ending
    usage: dict[str, Any]
    opening: dict[str, Any]
    """The usage with which a stream of the answer begins."""
    beside: dict[str, Any]
    """Further fields of the message."""


def outcome(request: Fields, *, model: Model, ids: Ids, resources: Resources, cache: PromptCache) -> Outcome:
    """Gives what comes of a request.

    Args:
        request: its fields.
        model: whose defaults hold.
        ids: of the answer.
        resources: what the service's tools work with.
        cache: of prompts.
    """
    seen = _context.seen(request)
    compaction = _compaction.due(seen.fields)
    passes = [] if compaction is None else [_summing_up(seen, compaction, model=model, cache=cache)]
    if compaction is not None and compaction.pauses:
        whole, counted = Answer(content=[compaction.block]), _NOTHING
        ending = Ending(content=whole.content, stop_reason="compaction")
    else:
        whole = _answer(request, seen, compaction, model=model, ids=ids, resources=resources)
        counted = cache.count(_compaction.after(seen.fields, compaction), model=model.name or "")
        ending = _ended(request, whole)
    used = _used(request, counted, ending, model=model)
    if counted is not _NOTHING:
        passes.append(iteration("message", used))
    return Outcome(
        ending=ending,
        usage={**used, **({"iterations": passes} if _compaction.is_allowed(request) else {})},
        opening=usage(counted, output_tokens=0 if counted is _NOTHING else 1, thinking_tokens=0, model=model),
        beside=_beside(request, seen, whole),
    )


def declined(request: Fields, *, texts: Collection[str], model: Model, cache: PromptCache) -> Outcome | None:
    """Gives what comes of a request whose question holds one of the texts that are refused, or None if it holds none.

    Args:
        request: its fields.
        texts: that are refused.
        model: whose defaults hold.
        cache: of prompts.

    Source: https://platform.claude.com/docs/en/build-with-claude/refusals-and-fallback
    """
    question = _turn.question(_turn.merged(request["messages"])) if texts else ""
    if not any(text in question for text in texts):
        return None
    counted = usage(cache.count(request, model=model.name or ""), output_tokens=1, thinking_tokens=0, model=model)
    ending = Ending(content=[], stop_reason="refusal")
    return Outcome(ending=ending, usage=counted, opening=counted, beside={"stop_details": _DETAILS})


def _summing_up(seen: Seen, compaction: Compaction, *, model: Model, cache: PromptCache) -> dict[str, Any]:
    counted = cache.count(seen.fields, model=model.name or "")
    return iteration(
        "compaction", usage(counted, output_tokens=compaction.output_tokens, thinking_tokens=0, model=model)
    )


def _answer(
    request: Fields, seen: Seen, compaction: Compaction | None, *, model: Model, ids: Ids, resources: Resources
) -> Answer:
    """Gives the answer, after the block that its request's conversation is summed up in.

    It is made from the whole conversation: the emulator's summary holds less than a model's. What is thought is bound
    to the conversation as the caller has it, which no edit changes.
    """
    turns = [] if compaction is None else [compaction.turn]
    bound_to = {**request, "messages": [*request["messages"], *turns]}
    answer = _answers.answer(seen.fields, model=model, ids=ids, resources=resources, bound_to=bound_to)
    return replace(answer, content=[*(block for turn in turns for block in turn["content"]), *answer.content])


def _ended(request: Fields, whole: Answer) -> Ending:
    return ended(
        whole.content,
        max_tokens=request["max_tokens"],
        stop_sequences=request.get("stop_sequences") or (),
        paused=whole.paused,
    )


def _used(request: Fields, counted: Counted, ending: Ending, *, model: Model) -> dict[str, Any]:
    of_service = any("input_schema" not in tool for tool in request.get("tools") or ())
    return usage(
        counted,
        output_tokens=ending.output_tokens,
        thinking_tokens=ending.thinking_tokens,
        model=model,
        read_tokens=result_tokens(ending.content),
        server_tools=dict(_web.requests(ending.content)) if of_service else None,
    )


def _beside(request: Fields, seen: Seen, whole: Answer) -> dict[str, Any]:
    managed = request.get("context_management") is not None
    return {
        **({"container": whole.container} if whole.container else {}),
        **({"context_management": {"applied_edits": seen.applied_edits}} if managed else {}),
    }
