"""What the emulator answers: content blocks computed from the request, nothing drawn at random.

Sources: https://platform.claude.com/docs/en/api/messages,
https://platform.claude.com/docs/en/build-with-claude/structured-outputs
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from claude_foundry._models import Model
from claude_foundry.emulator import _binding, _code, _compaction, _loop, _retrieval, _tools, _turn
from claude_foundry.emulator._ids import Ids
from claude_foundry.emulator._schema import filled
from claude_foundry.emulator._served import Resources, Turn
from claude_foundry.emulator._words import texts

Block = dict[str, Any]
Conversation = list[dict[str, Any]]

_LONGEST_RESTATED = 600
_NOTHING_FOUND = "The documents do not contain an answer to this question."
_KEYS = re.compile(r"(?:as )?\b(?:keys?|fields?|properties|attributes)\b")
_QUOTED_NAMES = re.compile(r"(?:['\"`]\w+['\"`](?:,? and |, ?| ))+$")
_LONGEST_NAMES = 300
_ANNOUNCED_WITHIN = 100
_ANNOUNCED = re.compile(r"\bschema\b[^{}]{0,80}\Z", re.IGNORECASE)
_ASKS_JSON = re.compile(r"\bJSON\b")
_ADDRESS = re.compile(r"https?://\S+")
_BEGINNING = 3
_PAGES = ("web_search_tool_result", "web_fetch_tool_result")
_THINKS = ("enabled", "adaptive", "between_tools")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The blocks of a whole answer, before any limit cuts it; whether it is paused; the container of its code."""

    content: list[Block]
    paused: bool = False
    container: dict[str, Any] | None = None


def answer(
    request: Mapping[str, Any],
    *,
    model: Model,
    ids: Ids,
    resources: Resources | None = None,
    bound_to: Mapping[str, Any] | None = None,
) -> Answer:
    """Gives the answer to a request.

    Args:
        request: its fields.
        model: whose defaults hold.
        ids: of the answer.
        resources: what the service's tools work with. Default: nothing.
        bound_to: the request that its thinking belongs to. Default: ``request``.
    """
    conversation = _turn.merged(_compaction.going_on(request["messages"]))
    turn = Turn(request=request, conversation=conversation, resources=resources or Resources())
    thinking = list(_thinking(request, conversation, model, bound_to=bound_to or request))
    served = _loop.served(turn, ids)
    turn = turn.having(served.blocks)
    said = [] if served.paused else _calls(turn, ids) or list(_texts(turn))
    content = [*thinking, *served.blocks, *said]
    return Answer(content=content, paused=served.paused, container=_code.container(content, turn, ids))


def _calls(turn: Turn, ids: Ids) -> list[Block]:
    context = "\n".join([turn.question, *(_turn.said(result) for _, result in _turn.results(turn.conversation))])
    called = [call["name"] for call in _turn.calls(_turn.run(turn.conversation))]
    fields = {**turn.request, "tools": turn.tools}
    wanted = _tools.calls(fields, question=turn.question, context=context, called=called)
    by_code = [tool["name"] for tool in turn.tools if _code.is_for_code_only(tool)]
    caller = {"caller": {"type": "direct"}} if _code.may_call(turn.request) else {}
    direct = [
        {"type": "tool_use", "id": ids.make("toolu", number=number), "name": name, "input": arguments, **caller}
        for number, (name, arguments) in enumerate(wanted)
        if name not in by_code
    ]
    inside = [call for call in wanted if call[0] in by_code]
    # Code waits for its results alone: what the caller is asked directly comes before, in a turn of its own.
    if direct or not inside:
        return direct
    return _code.programmatic(inside, turn.tools, ids=ids, first=len(turn.answer))


def _texts(turn: Turn) -> Iterator[Block]:
    results = _turn.results(turn.conversation)
    has_pages = any(result["type"] in _PAGES for _, result in turn.results())
    passages = _passages(turn, has_pages=has_pages)
    found = _found(passages, turn.question, has_pages=has_pages)
    match (turn.request.get("output_config") or {}).get("format"):
        case {"type": "json_schema", "schema": schema}:
            read = [passage.text for passage in found] if has_pages else []
            said = "\n".join([turn.question, *(_turn.said(result) for _, result in results), *read])
            yield _text(_json(filled(schema, said)))
            return
    # A result that holds documents is read like them; other results are stated as they are.
    lines = list(_lines(turn, [] if passages and not has_pages else results))
    if found or (passages and _documents(turn)):
        yield from _from_documents(found)
        yield from (_text(f"\n{line}") for line in lines)
    elif lines:
        yield _text("\n".join(lines))
    else:
        yield _text(_in_words(turn.request, turn.conversation, turn.question))


def _passages(turn: Turn, *, has_pages: bool) -> list[_retrieval.Passage]:
    """Gives what is to be read: pages found in this turn, else the documents of results, else of the conversation."""
    if has_pages:
        return _retrieval.passages([*turn.conversation, {"role": "assistant", "content": turn.answer}])
    return _retrieval.passages(turn.conversation[-1:] if _turn.results(turn.conversation) else turn.conversation)


def _found(passages: list[_retrieval.Passage], question: str, *, has_pages: bool) -> list[_retrieval.Passage]:
    """Gives what the question is about; of pages that were read for it, else their beginning."""
    found = _retrieval.best(passages, _ADDRESS.sub(" ", question))
    return found or (passages[:_BEGINNING] if has_pages else [])


def _lines(turn: Turn, results: list[tuple[str, _turn.Block]]) -> Iterator[str]:
    """Gives what is stated of results as it is: failures of the service's tools, MCP servers', and the caller's."""
    yield from (line for name, result in turn.results() if (line := _failure(name, result)))
    of_servers = ((name, result) for name, result in turn.results() if result["type"] == "mcp_tool_result")
    yield from (_stated(name, result) for name, result in (*of_servers, *results))


def _documents(turn: Turn) -> bool:
    """Tells whether the user has given documents, which then are what the answer is about."""
    given = [message for message in turn.conversation if message["role"] == "user"]
    return bool(_retrieval.passages(given))


def _failure(name: str, result: Mapping[str, Any]) -> str | None:
    match result["content"]:
        case {"error_code": code}:
            return f"{name} failed: {code}"
        case [] | {"tool_references": []}:
            return f"{name} returned: nothing"
    return None


def _from_documents(found: list[_retrieval.Passage]) -> Iterator[Block]:
    for number, passage in enumerate(found):
        space = " " if number else ""
        cited = {"citations": [passage.citation]} if passage.citation else {}
        yield {**_text(space + passage.text), **cited}
    if not found:
        yield _text(_NOTHING_FOUND)


def _in_words(request: Mapping[str, Any], conversation: Conversation, question: str) -> str:
    if (wanted := _wanted_json(request, question)) is not None:
        return _json(wanted)
    if asked := _retrieval.asked(question):
        return _from_prompt(asked)
    if context := _retrieval.background(_turn.system_text(request)):
        return _joined(_retrieval.best(_retrieval.plain(context), question)) or _NOTHING_FOUND
    return _restated(conversation, question)


def _from_prompt(asked: _retrieval.Asked) -> str:
    known = [*_retrieval.plain(asked.so_far), *_retrieval.plain(asked.context)]
    return _joined(_retrieval.best(known, asked.query)) or asked.so_far or _NOTHING_FOUND


def _joined(passages: list[_retrieval.Passage]) -> str:
    return " ".join(passage.text for passage in passages)


def _restated(conversation: Conversation, question: str) -> str:
    """Says what was asked, what was sent with it, and what the user said before that bears on it."""
    asked = (message for message in conversation[:-1] if message["role"] == "user")
    earlier = [*_compaction.summaries(conversation), *(text for message in asked for text in texts(message["content"]))]
    recalled = _joined(_retrieval.best(_retrieval.plain("\n".join(earlier)), question))
    media = [said for block in _turn.run(conversation)[0]["content"] if (said := _turn.described(block))]
    parts = [
        f"You asked: {_shortened(question)}" if question else "",
        f"You said before: {recalled}" if recalled else "",
        f"You sent: {', '.join(media)}." if media else "",
    ]
    return "\n".join(filter(None, parts)) or "You sent nothing to answer."


def _shortened(text: str) -> str:
    stripped = text.strip()
    return stripped if len(stripped) <= _LONGEST_RESTATED else f"{stripped[:_LONGEST_RESTATED]}..."


def _wanted_json(request: Mapping[str, Any], question: str) -> Any:
    """Gives the JSON that the words of a prompt ask for: by a schema written out in it, or by the names of keys."""
    prompt = f"{_turn.system_text(request)}\n{question}"
    if not _ASKS_JSON.search(prompt):
        return None
    subject = _before_json(question)
    schemas = [value for value in _schemas(prompt) if isinstance(value.get("properties"), dict)]
    if schemas:
        return filled({"type": "object", **schemas[-1]}, subject)
    named = list(_named_keys(prompt))
    return filled({"type": "object", "required": named}, subject) if named else None


def _named_keys(prompt: str) -> Iterator[str]:
    """Gives the quoted names before a word such as ``keys``."""
    for match in _KEYS.finditer(prompt):
        names = _QUOTED_NAMES.search(prompt, max(0, match.start() - _LONGEST_NAMES), match.start())
        yield from re.findall(r"\w+(?=['\"`])", names[0]) if names else ()


def _before_json(text: str) -> str:
    """Gives the text up to the sentence that speaks of JSON: from there on it is about the form."""
    found = _ASKS_JSON.search(text)
    return text[: max(text.rfind(end, 0, found.start()) for end in ".!?\n") + 1] if found else text


def _schemas(text: str) -> Iterator[dict[str, Any]]:
    """Gives the JSON objects that a text announces as schemas."""
    decoder, place = json.JSONDecoder(), -1
    while (place := text.find("{", place + 1)) >= 0:
        if _ANNOUNCED.search(text, max(0, place - _ANNOUNCED_WITHIN), place):
            with suppress(ValueError, RecursionError):
                yield decoder.raw_decode(text, place)[0]


def _stated(name: str, result: Mapping[str, Any]) -> str:
    return f"{name} {'failed' if result.get('is_error') else 'returned'}: {_turn.said(result) or 'nothing'}"


def _thinking(
    request: Mapping[str, Any], conversation: Conversation, model: Model, *, bound_to: Mapping[str, Any]
) -> Iterator[Block]:
    thinking = request.get("thinking") or {}
    if thinking.get("type") not in _THINKS:
        return
    question = _turn.question(conversation)
    thought = f"The user's words are: {_shortened(question)} I look for tools, documents and a format that they need."
    shown = thinking.get("display", model.default_display) != "omitted"
    said = thought if shown else ""
    yield {"type": "thinking", "thinking": said, "signature": _binding.signature(said, request=bound_to, model=model)}


def _text(text: str) -> Block:
    return {"type": "text", "text": text}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
