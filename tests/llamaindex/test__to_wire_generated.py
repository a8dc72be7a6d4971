"""Histories of every kind, as requests that the service takes: the emulator's checks say so."""

import copy
import json
import re
import warnings
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from llama_index.core.base.llms.types import (
    CacheControl,
    CachePoint,
    ChatMessage,
    CitableBlock,
    CitationBlock,
    DocumentBlock,
    ImageBlock,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)

from claude_foundry import _features
from claude_foundry._models import MODELS, UNKNOWN
from claude_foundry._wire import decoded
from claude_foundry.emulator._checks import refusal
from claude_foundry.errors import ConfigurationError
from claude_foundry.llamaindex._content import VERBATIM
from claude_foundry.llamaindex._from_wire import chat_response
from claude_foundry.llamaindex._to_wire import Options, Request, conversation, request
from tests.llamaindex.faces import message

IDS = {"request_id": None, "apim_request_id": None}
TEXTS = st.sampled_from(["a", "b c", "", " ", "Begin. "])
CALL_IDS = st.sampled_from(["toolu_1", "toolu_2", "call.1|x", "", None])
NAMES = st.sampled_from(["add", "my tool", "my_tool", "f" * 70, "Übung", ""])
ARGUMENTS = st.sampled_from([{}, {"a": 1}, "", '{"a": 1}', '{"a": ', "[1]", "null"])
SEARCHED = [
    {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}},
    {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
]


def carried(block: dict[str, Any]) -> ThinkingBlock:
    return ThinkingBlock(additional_information={VERBATIM: block})


POINTS = st.sampled_from(["5m", "1h"]).map(
    lambda ttl: CachePoint(cache_control=CacheControl(type="ephemeral", ttl=ttl))
)
SAID = st.one_of(TEXTS.map(lambda text: TextBlock(text=text)), POINTS)
SHOWN = st.sampled_from(
    [
        ImageBlock(url="https://example.com/a.png"),
        DocumentBlock(data=b"Words", document_mimetype="text/plain", title="t"),
        CitableBlock(title="t", source="s", content=[TextBlock(text="x")]),
    ]
)
THOUGHT = st.sampled_from(
    [
        ThinkingBlock(content="because", additional_information={"signature": "s"}),
        ThinkingBlock(content="", additional_information={"signature": "s"}),
        ThinkingBlock(content="another model's"),
        carried({"type": "redacted_thinking", "data": "x"}),
    ]
)
CALLS = st.builds(
    lambda identifier, name, given: ToolCallBlock(tool_call_id=identifier, tool_name=name, tool_kwargs=given),
    CALL_IDS,
    NAMES,
    ARGUMENTS,
)
QUOTE = CitationBlock(cited_content=TextBlock(text="q"), source="s", title="t", additional_location_info={})


def messages_of(roles: list[str], blocks: Any, **extra: Any) -> Any:
    kwargs = st.fixed_dictionaries(extra)
    return st.builds(
        lambda role, blocks, kwargs: ChatMessage(role=role, blocks=blocks, additional_kwargs=kwargs),
        st.sampled_from(roles),
        st.lists(blocks, max_size=4),
        kwargs,
    )


OF_SYSTEM = messages_of(["system", "developer"], SAID)
OF_USER = messages_of(["user"], st.one_of(SAID, SHOWN, THOUGHT, st.just(QUOTE)))
OF_ASSISTANT = messages_of(["assistant", "chatbot", "model"], st.one_of(SAID, SHOWN, THOUGHT, CALLS, st.just(QUOTE)))
OF_TOOL = messages_of(["tool", "function"], st.one_of(SAID, SHOWN), tool_call_id=CALL_IDS, is_error=st.booleans())
SEARCH = st.just(ChatMessage(role="assistant", blocks=[*map(carried, SEARCHED), TextBlock(text="Found.")]))
SPOKEN = st.lists(st.one_of(OF_SYSTEM, OF_USER, OF_ASSISTANT, OF_TOOL, OF_TOOL), max_size=7)
# The ids of the service's own calls are unique, as the service makes them.
HISTORIES = st.builds(
    lambda before, search, after: [*before, *search, *after], SPOKEN, st.lists(SEARCH, max_size=1), SPOKEN
)

TOOLS = st.lists(NAMES.filter(bool), max_size=3, unique=True).map(
    lambda names: [{"name": name, "input_schema": {"type": "object", "properties": {}}} for name in names]
)
CALL = st.fixed_dictionaries(
    {},
    optional={
        "tools": TOOLS,
        "tool_choice": st.sampled_from(["auto", "any", "none", "required", None]),
        "thinking": st.sampled_from([True, "low", "max", {"type": "enabled", "budget_tokens": 9_000}, None]),
        "temperature": st.sampled_from([0.0, 1.0]),
        "max_tokens": st.sampled_from([100, 2_000, 16_000]),
        "cache_control": st.sampled_from([{"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}]),
    },
)
OPTIONS = st.builds(
    lambda replay, ttl: Options(replay_thinking=replay, cache_tools=ttl, now=datetime(2026, 1, 1, tzinfo=UTC)),
    st.booleans(),
    st.sampled_from([None, "5m", "1h"]),
)
SETTINGS = {"model": "m", "max_tokens": 1_000}
EVERY_MODEL = st.sampled_from(list(MODELS.values()))
generous = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@generous
@given(HISTORIES, CALL, EVERY_MODEL, OPTIONS)
def test_what_goes_out_is_taken(history: list[ChatMessage], call: dict[str, Any], model: Any, options: Options) -> None:
    """Whatever memory, agents and other providers leave, the request is one that the model's service takes."""
    before = copy.deepcopy((history, call))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            made = request(history, settings=SETTINGS, call=call, model=model, options=options)
        except ConfigurationError as error:
            assume(not re.search("nothing to answer|before all content", str(error)))
            raise
    fields = json.loads(json.dumps(made.fields))
    headers = {"anthropic-version": "2023-06-01", "anthropic-beta": ",".join(_features.betas(fields))}
    refused = refusal(fields, headers, model=model, counting=False)
    assert refused is None, refused
    assert (history, call) == before


CITED = {"type": "char_location", "cited_text": "q", "document_index": 0, "document_title": None}
ANSWERED = (
    st.lists(
        st.one_of(
            st.sampled_from(["a", "b\n", "c "]).map(lambda text: {"type": "text", "text": text}),
            st.sampled_from(["", "because"]).map(lambda text: {"type": "thinking", "thinking": text, "signature": "s"}),
            st.just({"type": "redacted_thinking", "data": "x"}),
            st.just({"type": "sparkle", "shape": "star"}),
            st.just(SEARCHED[0]),
            st.sampled_from(["a", "d"]).map(lambda text: {"type": "text", "text": text, "citations": [CITED]}),
            st.builds(
                lambda name, given: {"type": "tool_use", "id": "toolu_1", "name": name, "input": given},
                st.sampled_from(["add", "my_tool"]),
                st.sampled_from([{}, {"a": {"b": [1, None]}}]),
            ),
        ),
        min_size=1,
        max_size=6,
    )
    .filter(lambda content: sum(block["type"] == "tool_use" for block in content) < 2)
    .map(lambda content: [part for block in content for part in (SEARCHED if block is SEARCHED[0] else [block])])
)


@generous
@given(ANSWERED)
def test_what_came_in_goes_out_again(content: list[dict[str, Any]]) -> None:
    """Reasoning, calls, citations, the service's own blocks and unknown ones go back as they came, in their order."""
    asked = Request(fields={"model": "m"}, names={"my_tool": "my tool"})
    answer = chat_response(decoded(message(*content, stop_reason="tool_use"), ids=IDS), request=asked).message
    # Memory stores messages as JSON.
    stored = ChatMessage.model_validate_json(answer.model_dump_json())
    ask = ChatMessage(role="user", content="Hi")
    _, turns = conversation([ask, stored, ask], names={"my tool": "my_tool"}, model=UNKNOWN)
    back = [block for turn in turns if turn["role"] == "assistant" for block in turn["content"]]
    assert _joined(back) == _joined(content)


def _joined(content: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The blocks, neighbouring texts as one."""
    joined: list[dict[str, Any]] = []
    for block in content:
        if _is_plain(block) and joined and _is_plain(joined[-1]):
            joined[-1] = {"type": "text", "text": joined[-1]["text"] + block["text"]}
        else:
            joined.append(block)
    return joined


def _is_plain(block: dict[str, Any]) -> bool:
    return block["type"] == "text" and "citations" not in block
