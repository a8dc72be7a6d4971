"""Turns of a conversation in the order and pairing that the Messages API demands.

Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/implement-tool-use
"""

from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import is_, itemgetter
from typing import Any

from claude_foundry import _thinking
from claude_foundry._models import Model
from claude_foundry._thinking import RefusedThinking
from claude_foundry.types._blocks import SERVER_CALLS

Block = dict[str, Any]
Turn = dict[str, Any]
_THINKING = ("thinking", "redacted_thinking")
_OWN = ("text", "tool_use", *_THINKING)
MAX_CACHE_POINTS = 4
CONTINUE = "Continue."
CONTINUED: Turn = {"role": "user", "content": [{"type": "text", "text": CONTINUE}]}
"""What ends a conversation whose last words are the model's own."""


def mended(turns: Iterable[Turn], *, model: Model) -> list[Turn]:
    """Gives turns that the API accepts, whatever memory or another provider left of them.

    Neighbours of one role become one turn; every call has its result in the next turn, results first; results without
    an id, which is empty, answer calls in order; results of no call become text; the service's own calls and results
    stand in pairs; the user speaks first, and last unless the model is known to continue its own words.
    """
    given = list(turns)
    match given:
        case [{"role": "user", "content": [{"type": "text"}]}]:
            # What is asked most often needs none of it.
            return given
    return _ended(_begun(_served(_merged(_paired(_merged(given))))), model)


def without_thinking(turns: Iterable[Turn]) -> list[Turn]:
    """Gives the turns without any reasoning: removing all of it is allowed, removing some is not."""
    return _merged(dict(turn) for turn in _thinking.without_thinking(turns))


def without_refused(turns: list[Turn], refused: RefusedThinking) -> list[Turn]:
    """Gives the turns without the reasoning that the service has refused before: themselves where they hold none."""
    kept = refused.left_out(turns)
    return turns if kept is turns else _merged(dict(turn) for turn in kept)


def nudged(turns: list[Turn], text: str) -> list[Turn]:
    """Gives the turns with a sentence at the end of the user's last one; a turn to be taken up again stays last."""
    *before, last = turns
    if last["role"] != "user":
        return turns
    return [*before, _turn("user", [*last["content"], {"type": "text", "text": text}])]


def _turn(role: str, content: list[Block]) -> Turn:
    return {"role": role, "content": content}


def with_content(turn: Turn, content: list[Block]) -> Turn:
    """Gives the turn with these blocks: itself where they are its own, as in most turns of a long conversation."""
    own = turn["content"]
    same = len(own) == len(content) and all(map(is_, own, content))
    return turn if same else {**turn, "content": content}


def _said(text: str) -> Turn:
    return _turn("user", [{"type": "text", "text": text}])


def _merged(turns: Iterable[Turn]) -> list[Turn]:
    speaking = [turn for turn in turns if turn["content"]]
    grouped = (list(group) for _, group in groupby(speaking, key=itemgetter("role")))
    return [with_content(group[0], [block for turn in group for block in turn["content"]]) for group in grouped]


def _paired(turns: list[Turn]) -> list[Turn]:
    seen: set[str] = set()
    open_calls: list[tuple[str, str]] = []
    paired = []
    for turn in turns:
        if turn["role"] == "assistant":
            turn, open_calls = _with_unique_ids(turn, seen)
            paired.append(turn)
        else:
            paired.append(with_content(turn, _answered(turn["content"], open_calls)))
            open_calls = []
    return [*paired, _turn("user", _answered([], open_calls))] if open_calls else paired


def _with_unique_ids(turn: Turn, seen: set[str]) -> tuple[Turn, list[tuple[str, str]]]:
    """The turn, and each call's id before and after: some providers use one id for many calls."""
    calls, content = [], []
    for block in turn["content"]:
        if block["type"] == "tool_use":
            new = _unused(block["id"], seen)
            seen.add(new)
            calls.append((block["id"], new))
            block = block if new == block["id"] else {**block, "id": new}
        content.append(block)
    return with_content(turn, content), calls


def _unused(identifier: str, seen: set[str]) -> str:
    candidate, count = identifier, 1
    while candidate in seen:
        count += 1
        candidate = f"{identifier}_{count}"
    return candidate


def _answered(content: list[Block], calls: list[tuple[str, str]]) -> list[Block]:
    pending = list(calls)
    results, others = [], []
    for block in content:
        if block["type"] != "tool_result":
            others.append(block)
            continue
        call = _call_of(block, pending, content)
        if call is None:
            others.extend(_as_text(block))
            continue
        pending.remove(call)
        results.append(block if block["tool_use_id"] == call[1] else {**block, "tool_use_id": call[1]})
    return [*results, *(_no_result(new) for _, new in pending), *others]


def _call_of(result: Block, pending: Iterable[tuple[str, str]], content: Iterable[Block]) -> tuple[str, str] | None:
    """The call that a result answers; one that names none answers the first that no other result names."""
    identifier = result["tool_use_id"]
    if identifier:
        return next((call for call in pending if call[0] == identifier), None)
    named = {block["tool_use_id"] for block in content if block["type"] == "tool_result"}
    return next((call for call in pending if call[0] not in named), None)


def _no_result(identifier: str) -> Block:
    text = [{"type": "text", "text": "The call was not run."}]
    return {"type": "tool_result", "tool_use_id": identifier, "content": text, "is_error": True}


def _as_text(result: Mapping[str, Any]) -> list[Block]:
    content = result.get("content") or []
    return [{"type": "text", "text": content}] if isinstance(content, str) else [dict(block) for block in content]


def _served(turns: list[Turn]) -> list[Turn]:
    while lost := _unpaired(turns):
        turns = _merged(with_content(turn, _without_lost(turn["content"], lost)) for turn in turns)
    return turns


def _unpaired(turns: list[Turn]) -> set[str]:
    """The ids of the service's calls that were left behind without a result, and of results without a call.

    A call may wait for its result while the caller does nothing but answer calls, and at the end of a paused turn.
    """
    waiting: set[str] = set()
    lost: set[str] = set()
    for turn in turns:
        if turn["role"] == "assistant":
            _pair(turn["content"], waiting, lost)
        elif waiting and not _only_results(turn):
            lost |= waiting
            waiting = set()
    if waiting and turns[-1]["role"] == "assistant" and turns[-1]["content"][-1]["type"] in _OWN:
        return lost | waiting
    return lost


def _pair(content: list[Block], waiting: set[str], lost: set[str]) -> None:
    for block in content:
        kind = block["type"]
        if kind in SERVER_CALLS:
            waiting.add(block["id"])
        elif kind.endswith("_tool_result"):
            identifier = block["tool_use_id"]
            (waiting.remove if identifier in waiting else lost.add)(identifier)


def _only_results(turn: Turn) -> bool:
    return all(block["type"] == "tool_result" for block in turn["content"])


def _without_lost(content: list[Block], lost: set[str]) -> list[Block]:
    kept = []
    for block in content:
        match block:
            case {"type": "server_tool_use" | "mcp_tool_use", "id": identifier} if identifier in lost:
                continue
            case {"tool_use_id": identifier, "type": kind} if kind != "tool_result" and identifier in lost:
                continue
            case {"type": "tool_use", "caller": {"tool_id": identifier}} if identifier in lost:
                # The code that called is gone.
                kept.append({name: value for name, value in block.items() if name != "caller"})
            case _:
                kept.append(block)
    return kept


def _begun(turns: list[Turn]) -> list[Turn]:
    return [_said("Begin."), *turns] if turns and turns[0]["role"] == "assistant" else turns


def _ended(turns: list[Turn], model: Model) -> list[Turn]:
    if not turns or turns[-1]["role"] == "user":
        return turns
    *before, last = turns
    if last["content"][-1]["type"] not in _OWN:
        # A paused turn goes back as it is, and the service takes it up again.
        return turns
    if not model.prefill:
        return [*turns, CONTINUED]
    return [*before, *_prefill(last)]


def _prefill(turn: Turn) -> list[Turn]:
    content = list(turn["content"])
    while content and content[-1]["type"] in _THINKING:
        content.pop()
    if content and content[-1]["type"] == "text":
        content[-1] = {**content[-1], "text": content[-1]["text"].rstrip()}
    return [_turn("assistant", content)] if content else []
