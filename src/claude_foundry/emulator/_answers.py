"""What the emulator answers: content blocks computed from the request, nothing drawn at random.

Sources: https://platform.claude.com/docs/en/api/messages,
https://platform.claude.com/docs/en/build-with-claude/structured-outputs
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from claude_foundry._models import Model
from claude_foundry.emulator import _retrieval, _tools, _turn
from claude_foundry.emulator._ids import Ids, signature
from claude_foundry.emulator._schema import filled
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
_THINKS = ("enabled", "adaptive", "between_tools")


def content(request: Mapping[str, Any], *, model: Model, ids: Ids) -> list[Block]:
    """Gives the blocks of the whole answer, before any limit cuts it."""
    conversation = _turn.merged(request["messages"])
    answered = _calls(request, conversation, ids) or list(_texts(request, conversation))
    return [*_thinking(request, conversation, model), *answered]


def _calls(request: Mapping[str, Any], conversation: Conversation, ids: Ids) -> list[Block]:
    run = _turn.run(conversation)
    question = _turn.question(conversation)
    context = "\n".join([question, *(_said(result) for _, result in _turn.results(conversation))])
    called = [call["name"] for call in _turn.calls(run)]
    wanted = _tools.calls(request, question=question, context=context, called=called)
    return [
        {"type": "tool_use", "id": ids.make("toolu", number=number), "name": name, "input": arguments}
        for number, (name, arguments) in enumerate(wanted)
    ]


def _texts(request: Mapping[str, Any], conversation: Conversation) -> Iterator[Block]:
    question = _turn.question(conversation)
    results = _turn.results(conversation)
    match (request.get("output_config") or {}).get("format"):
        case {"type": "json_schema", "schema": schema}:
            said = "\n".join([question, *(_said(result) for _, result in results)])
            yield _text(_json(filled(schema, said)))
            return
    # A result that holds documents is read like them; other results are stated as they are.
    passages = _retrieval.passages(conversation[-1:] if results else conversation)
    if passages:
        yield from _from_documents(passages, question)
    elif results:
        yield _text("\n".join(_stated(name, result) for name, result in results))
    else:
        yield _text(_in_words(request, conversation, question))


def _from_documents(passages: list[_retrieval.Passage], question: str) -> Iterator[Block]:
    found = _retrieval.best(passages, question)
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
    earlier = [text for message in conversation[:-1] if message["role"] == "user" for text in texts(message["content"])]
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
    return f"{name} {'failed' if result.get('is_error') else 'returned'}: {_said(result) or 'nothing'}"


def _said(result: Mapping[str, Any]) -> str:
    parts = [block.get("text") or _turn.described(block) for block in _turn.blocks(result.get("content"))]
    return "\n".join(filter(None, parts))


def _thinking(request: Mapping[str, Any], conversation: Conversation, model: Model) -> Iterator[Block]:
    thinking = request.get("thinking") or {}
    if thinking.get("type") not in _THINKS:
        return
    question = _turn.question(conversation)
    thought = f"The user's words are: {_shortened(question)} I look for tools, documents and a format that they need."
    shown = thinking.get("display", model.default_display) != "omitted"
    yield {"type": "thinking", "thinking": thought if shown else "", "signature": signature(thought, question)}


def _text(text: str) -> Block:
    return {"type": "text", "text": text}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
