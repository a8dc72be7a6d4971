"""What the service refuses in a conversation: its blocks, one by one, and their order.

Sources: https://platform.claude.com/docs/en/api/messages,
https://platform.claude.com/docs/en/agents-and-tools/tool-use/handle-tool-calls
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from claude_foundry._models import Model
from claude_foundry.emulator import _citations, _fields, _media, _server_history, _turn
from claude_foundry.emulator._fields import Complaints, tagged

_ID = r"^[a-zA-Z0-9_-]+$"
_EMPTY = "text content blocks must be non-empty"
_BLANK = "text content blocks must contain non-whitespace text"

Fields = Mapping[str, Any]
Block = Mapping[str, Any]


def complaints(fields: Fields, model: Model) -> Complaints:
    """Gives what is wrong with system prompt and messages, in the service's words."""
    yield from _system(fields.get("system", []))
    messages = fields["messages"]
    if not messages:
        yield "messages: at least one message is required"
    for place, message in enumerate(messages):
        yield from _message(message, f"messages.{place}", last=place == len(messages) - 1)
    turns = _turn.merged(messages)
    if turns[0]["role"] != "user" and turns[0]["content"][0]["type"] != "compaction":
        yield 'messages: first message must use the "user" role'
    yield from _pairing(turns)
    yield from _server_history.pairing(turns)
    yield from _server_history.code_waiting(fields, turns)
    yield from _ending(turns, model)
    if len(set(citing(fields))) > 1:
        yield "messages: citations must be enabled on all documents and search results of a request, or on none"


def controls(fields: Fields) -> Iterator[tuple[str, Any]]:
    """Gives every ``cache_control`` in the order of the prompt, with the path of what it stands on."""
    for name in ("tools", "system"):
        if isinstance(fields.get(name), list):
            yield from _controls(fields[name], name)
    for place, message in enumerate(fields["messages"]):
        for number, block in enumerate(_turn.blocks(message["content"])):
            at = f"messages.{place}.content.{number}."
            yield from [(at, block["cache_control"])] if "cache_control" in block else []
            if block["type"] == "tool_result":
                yield from _controls(_turn.blocks(block.get("content")), f"{at}content")
    if "cache_control" in fields:
        yield "", fields["cache_control"]


def citing(fields: Fields) -> list[bool]:
    """Tells of each document and search result whether it asks for citations."""
    contents = [block for message in fields["messages"] for block in _turn.blocks(message["content"])]
    sources = [block for block in contents if block["type"] in ("document", "search_result")]
    return [bool((block.get("citations") or {}).get("enabled")) for block in sources]


def newly_refused(fields: Fields) -> Complaints:
    """Complains of what the version 2026-10-21 of the API takes no longer."""
    for place, message in enumerate(fields["messages"]):
        for number, block in enumerate(_turn.blocks(message["content"])):
            path = f"messages.{place}.content.{number}"
            if message["role"] == "assistant" and block["type"] == "document":
                yield f"{path}: `document` blocks are not permitted here"
            inner = block["content"] if block["type"] == "search_result" else [block]
            if message["role"] == "user" and any(part["type"] == "text" and part.get("citations") for part in inner):
                yield f"{path}.text.citations: Extra inputs are not permitted"


def _controls(blocks: Sequence[Block], path: str) -> Iterator[tuple[str, Any]]:
    for place, block in enumerate(blocks):
        if "cache_control" in block:
            yield f"{path}.{place}.", block["cache_control"]


def _system(system: Any) -> Complaints:
    if isinstance(system, str):
        return
    for place, block in enumerate(system):
        yield from tagged(block, {"text": _fields.BLOCKS["text"]}, f"system.{place}")
        yield from _text(block, "system")


def _message(message: Any, path: str, *, last: bool) -> Complaints:
    if not isinstance(message, Mapping):
        yield f"{path}: Input should be an object"
        return
    yield from _fields.MESSAGE.complaints(message, path)
    role, content = message["role"], message["content"]
    if role == "system":
        yield "role 'system' is not supported on this model"
    if role not in ("user", "assistant"):
        yield f"{path}.role: Input should be 'user' or 'assistant'"
    if not isinstance(content, str | list):
        yield f"{path}.content: Input should be a valid string or list"
    if not content and not (last and role == "assistant"):
        yield f"{path}: all messages must have non-empty content except for the optional final assistant message"
    if isinstance(content, str) and content and not content.strip():
        yield f"messages: {_BLANK}"
    allowed = _fields.OF_USER if role == "user" else _fields.OF_ASSISTANT
    for place, block in enumerate(content if isinstance(content, list) else ()):
        yield from _block(block, f"{path}.content.{place}", allowed)


def _block(block: Any, path: str, allowed: frozenset[str]) -> Complaints:
    yield from tagged(block, _fields.BLOCKS, path)
    kind = block["type"]
    if kind not in allowed:
        yield f"{path}: `{kind}` blocks are not permitted here"
    at = f"{path}.{kind}"
    match kind:
        case "text":
            yield from _text(block, "messages")
            yield from _citations.complaints(block, at)
        case "image" | "document":
            yield from _media.complaints(block, at)
        case "tool_use":
            yield from _call(block, at)
        case "tool_result":
            yield from _result(block, at)
        case "search_result":
            yield from _search_result(block, at)
        case "compaction":
            if block.get("content") == "":
                yield f"{at}.content: String should have at least 1 character"
        case "thinking":
            yield from _strings(block, ("thinking", "signature"), at)
        case _:
            yield from _server_history.block(block, at)


def _text(block: Block, where: str) -> Complaints:
    if not isinstance(block["text"], str):
        yield f"{where}: text: Input should be a valid string"
    if not block["text"]:
        yield f"{where}: {_EMPTY}"
    if not block["text"].strip():
        yield f"{where}: {_BLANK}"


def _call(block: Block, path: str) -> Complaints:
    yield from _strings(block, ("id", "name"), path)
    if not re.fullmatch(_ID, block["id"]):
        yield f"{path}.id: String should match pattern '{_ID}'"
    if not isinstance(block["input"], Mapping):
        yield f"{path}.input: Input should be a valid dictionary"


def _result(block: Block, path: str) -> Complaints:
    yield from _strings(block, ("tool_use_id",), path)
    content = block.get("content") or []
    if not isinstance(content, str | list):
        yield f"{path}.content: Input should be a valid string or list"
    for place, inner in enumerate(content if isinstance(content, list) else ()):
        yield from _block(inner, f"{path}.content.{place}", _fields.OF_RESULT)
    if block.get("is_error") and any(inner["type"] != "text" for inner in _turn.blocks(content)):
        yield f'{path}: all content must be type "text" if "is_error" is true'


def _search_result(block: Block, path: str) -> Complaints:
    yield from _strings(block, ("source", "title"), path)
    if not isinstance(block["content"], list) or not block["content"]:
        yield f"{path}.content: Input should be a valid list with at least 1 item"
    for place, inner in enumerate(block["content"]):
        yield from _block(inner, f"{path}.content.{place}", frozenset({"text"}))
    yield from _media.citations(block, path)


def _strings(block: Block, names: Sequence[str], path: str) -> Complaints:
    yield from (f"{path}.{name}: Input should be a valid string" for name in names if not isinstance(block[name], str))


def _pairing(turns: Sequence[Fields]) -> Complaints:
    """Every call is answered at the beginning of the next user message, and nothing else is answered."""
    ids = [call["id"] for call in _turn.calls(turns)]
    if len(ids) != len(set(ids)):
        yield "messages: `tool_use` ids must be unique"
    before: Fields = {"content": []}
    for place, turn in enumerate(turns):
        called = {call["id"] for call in _turn.calls([before])}
        yield from _answers(turn, called, f"messages.{place}")
        before = turn
    for place, (turn, following) in enumerate(pairwise(turns)):
        unanswered = [call["id"] for call in _turn.calls([turn]) if call["id"] not in _first_results(following)]
        if unanswered:
            yield _unanswered(place, unanswered)
    pending = [call["id"] for call in _turn.calls(turns[-1:])]
    if pending:
        yield _unanswered(len(turns) - 1, pending)


def _answers(turn: Fields, called: set[str], path: str) -> Complaints:
    seen: set[str] = set()
    for place, block in enumerate(turn["content"]):
        if block["type"] != "tool_result":
            continue
        answered = block["tool_use_id"]
        if answered not in called:
            yield (
                f"{path}.content.{place}: unexpected `tool_use_id` found in `tool_result` blocks: {answered}. Each "
                "`tool_result` block must have a corresponding `tool_use` block in the previous message."
            )
        if answered in seen:
            yield (
                f"{path}.content.{place}: each tool_use must have a single result. Found multiple `tool_result` "
                f"blocks with id: {answered}"
            )
        seen.add(answered)


def _first_results(turn: Fields) -> set[str]:
    """Gives the calls answered before any other content: results that come later do not count."""
    first: set[str] = set()
    for block in turn["content"]:
        if block["type"] != "tool_result":
            break
        first.add(block["tool_use_id"])
    return first


def _unanswered(place: int, ids: Sequence[str]) -> str:
    return (
        f"messages.{place}: `tool_use` ids were found without `tool_result` blocks immediately after: "
        f"{', '.join(ids)}. Each `tool_use` block must have a corresponding `tool_result` block in the next message."
    )


def _ending(turns: Sequence[Fields], model: Model) -> Complaints:
    last = turns[-1]
    if last["role"] != "assistant":
        return
    if not model.prefill and not _server_history.is_paused(turns) and not _is_summed_up(last):
        yield "This model does not support assistant message prefill. The conversation must end with a user message."
    match last["content"]:
        case [*_, {"type": "text", "text": text}] if text != text.rstrip():
            yield "messages: final assistant content cannot end with trailing whitespace"


def _is_summed_up(turn: Fields) -> bool:
    """Tells whether a turn was paused after the conversation was summed up."""
    return [block["type"] for block in turn["content"][-1:]] == ["compaction"]
