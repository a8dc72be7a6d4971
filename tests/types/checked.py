"""Calls for a type checker: those of the documentation pass, wrong ones are refused where they say so.

A line that must be refused carries ``# type: ignore[...]``; one that is not needed is itself an error.
"""
# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from datetime import date
from typing import Literal, assert_type

from claude_foundry import Conversation, FoundryClient, content, context_management, server_tools
from claude_foundry.types import (
    CitationCharLocation,
    MessageParam,
    MessageRequest,
    StreamEvent,
    TextDelta,
    ToolParam,
    ToolResultBlockParam,
    ToolUseBlock,
    WebSearchResult,
    WebSearchToolResultBlock,
)

CLIENT = FoundryClient(resource="a", api_key="k")
WEATHER: ToolParam = {
    "name": "get_weather",
    "description": "Tells the weather.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    "strict": True,
    "cache_control": {"type": "ephemeral", "ttl": "1h"},
}


def plain_question() -> None:
    CLIENT.messages.create(model="d", max_tokens=5, messages=[{"role": "user", "content": "Hello"}])
    CLIENT.messages.create(model="d", max_tokens=5, messages=[{"role": "person", "content": "Hello"}])  # type: ignore[misc, list-item]
    CLIENT.messages.create(model="d", max_tokens="5", messages=[{"role": "user", "content": "Hello"}])  # type: ignore[arg-type]
    CLIENT.messages.create(model="d", max_tokens=5)  # type: ignore[call-arg]
    CLIENT.messages.create(model="d", messages=[{"role": "user", "content": "Hello"}])  # type: ignore[call-arg]
    CLIENT.messages.create(model="d", max_tokens=5, messages=[], max_token=5)  # type: ignore[call-arg]


def media() -> None:
    CLIENT.messages.create(
        model="d",
        max_tokens=5,
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}},
                    {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
                    {
                        "type": "document",
                        "source": {"type": "text", "media_type": "text/plain", "data": "The tide is out."},
                        "title": "Tides",
                        "citations": {"enabled": True},
                        "cache_control": {"type": "ephemeral"},
                    },
                    {
                        "type": "search_result",
                        "source": "https://example.com",
                        "title": "Tides",
                        "content": [{"type": "text", "text": "The tide is in."}],
                        "citations": {"enabled": True},
                    },
                    {"type": "text", "text": "When is high tide?"},
                ],
            }
        ],
    )


def settings() -> None:
    messages: list[MessageParam] = [{"role": "user", "content": "Hello"}]
    CLIENT.messages.create(
        model="d",
        max_tokens=20_000,
        messages=messages,
        system=[{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral", "ttl": "5m"}}],
        thinking={"type": "adaptive", "display": "summarized"},
        output_config={"effort": "high", "format": {"type": "json_schema", "schema": {"type": "object"}}},
        context_management={"edits": [{"type": "clear_tool_uses_20250919", "keep": {"type": "tool_uses", "value": 3}}]},
        metadata={"user_id": "u"},
        betas=["context-management-2025-06-27"],
        timeout=60,
    )
    CLIENT.messages.create(model="d", max_tokens=5, messages=messages, thinking={"type": "enabled", "budget_tokens": 9})
    CLIENT.messages.create(model="d", max_tokens=5, messages=messages, output_config={"effort": "most"})  # type: ignore[typeddict-item]
    CLIENT.messages.create(model="d", max_tokens=5, messages=messages, cache_control={"type": "ephemeral", "ttl": "1d"})  # type: ignore[arg-type]
    CLIENT.messages.create(model="d", max_tokens=5, messages=messages, service_tier="fast")  # type: ignore[arg-type]
    CLIENT.messages.create(model="d", max_tokens=5, messages=messages, metadata={"user": "u"})  # type: ignore[typeddict-unknown-key]
    CLIENT.messages.count_tokens(model="d", messages=messages, thinking={"type": "disabled"})
    CLIENT.messages.count_tokens(model="d", messages=messages, max_tokens=5)  # type: ignore[call-arg]


def tools() -> None:
    messages: list[MessageParam] = [{"role": "user", "content": "What is the weather in Bern?"}]
    CLIENT.messages.create(
        model="d",
        max_tokens=5,
        messages=messages,
        tools=[
            WEATHER,
            {"type": "web_search_20250305", "name": "web_search", "max_uses": 3, "allowed_domains": ["example.com"]},
            {"type": "web_fetch_20250910", "name": "web_fetch", "citations": {"enabled": True}},
            {"type": "code_execution_20250825", "name": "code_execution"},
            {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool", "max_characters": 10_000},
            {"type": "bash_20250124", "name": "bash"},
            {"type": "memory_20250818", "name": "memory"},
            {"type": "tool_search_tool_regex_20251119", "name": "tool_search_tool_regex"},
            {"type": "mcp_toolset", "mcp_server_name": "files", "default_config": {"enabled": True}},
        ],
        tool_choice={"type": "auto", "disable_parallel_tool_use": True},
        mcp_servers=[{"type": "url", "name": "files", "url": "https://example.com/mcp"}],
        container={"skills": [{"type": "anthropic", "skill_id": "xlsx", "version": "latest"}]},
    )
    CLIENT.messages.create(model="d", max_tokens=5, messages=messages, tools=[{"name": "a"}])  # type: ignore[list-item]
    CLIENT.messages.create(model="d", max_tokens=5, messages=messages, tool_choice={"type": "tool"})  # type: ignore[misc, arg-type]
    CLIENT.messages.create(model="d", max_tokens=5, messages=messages, tool_choice={"type": "never"})  # type: ignore[misc, arg-type]


def tools_that_the_client_drives() -> None:
    CLIENT.messages.create(
        model="d",
        max_tokens=5,
        messages=[
            {"role": "user", "content": "Look it up."},
            {"role": "system", "content": [{"type": "tool_addition", "tool": {"type": "tool_reference", "name": "a"}}]},
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": "t",
                        "content": [{"type": "browser_state", "tabs": [{"tab_id": "1", "title": "", "url": ""}]}],
                    }
                ],
            },
        ],
        tools=[
            {"type": "browser_toolset_20260801", "configs": {"javascript_exec": {"enabled": False}}},
            {"type": "computer_toolset_20260801"},
            {"type": "advisor_20260301", "name": "advisor", "model": "m", "max_uses": 2},
        ],
        fallbacks=[{"model": "m", "max_tokens": 5}],
    )
    CLIENT.messages.create(model="d", max_tokens=5, messages=[], fallbacks="never")  # type: ignore[arg-type]


def answers() -> None:
    asked = Conversation("What is the weather in Bern?")
    answer = CLIENT.messages.create(model="d", max_tokens=5, messages=asked, tools=[WEATHER])
    assert_type(answer.tool_calls, list[ToolUseBlock])
    results: list[ToolResultBlockParam] = [
        {"type": "tool_result", "tool_use_id": call.id, "content": call.input["city"]} for call in answer.tool_calls
    ]
    asked.add_answer(answer)
    asked.add_tool_results(results)
    turns: list[MessageParam] = [answer.to_param(), {"role": "assistant", "content": answer.content}]
    CLIENT.messages.create(model="d", max_tokens=5, messages=[*turns, {"role": "user", "content": results}])
    for block in answer.content:
        if isinstance(block, WebSearchToolResultBlock) and isinstance(block.content, list):
            assert_type([found.url for found in block.content if isinstance(found, WebSearchResult)], list[str])
    for citation in answer.citations:
        if isinstance(citation, CitationCharLocation):
            assert_type(citation.start_char_index, int)
    if answer.usage.cache_creation and answer.container:
        assert_type(answer.usage.cache_creation.ephemeral_1h_input_tokens, int | None)
        assert_type(answer.container.id, str)
    print(answer.usage.cache_creation["ephemeral_1h_input_tokens"])  # type: ignore[index]
    print(answer.tool_call)  # type: ignore[attr-defined]


def events_told_apart_by_if(event: StreamEvent) -> str:
    if event["type"] == "content_block_delta" and event["delta"]["type"] == "text_delta":
        assert_type(event["index"], int)
        assert_type(event["delta"], TextDelta)
        print(event["delta"]["partial_json"])  # type: ignore[typeddict-item]
        return event["delta"]["text"]
    print(event["delta"])  # type: ignore[typeddict-item]
    return event["type"]


def events_told_apart_by_match() -> None:
    with CLIENT.messages.stream(model="d", max_tokens=5, messages=[{"role": "user", "content": "Hello"}]) as stream:
        for event in stream:
            match event["type"]:
                case "content_block_delta":
                    match event["delta"]["type"]:
                        case "text_delta":
                            assert_type(event["delta"]["text"], str)
                        case "input_json_delta":
                            assert_type(event["delta"]["partial_json"], str)
                        case _:
                            print(event["delta"]["text"])  # type: ignore[typeddict-item]
                case "message_delta":
                    assert_type(event["delta"].get("stop_reason"), str | None)
                case "content_block_start":
                    print(event["index"], event["content_block"]["type"])
                case _:
                    print(event["type"])


def events_by_pattern(event: StreamEvent) -> None:
    match event:
        case {"type": "content_block_delta", "delta": {"type": "thinking_delta", "thinking": thinking}}:
            print(thinking.upper())
        case _:
            print(event["type"])


def requests_kept_apart(request: MessageRequest) -> None:
    CLIENT.messages.create(**request)


def blocks_and_tools_made_for_the_caller() -> None:
    picture = content.cached(content.image("a.png"))
    CLIENT.messages.create(
        model="d",
        max_tokens=5,
        messages=[{"role": "user", "content": [picture, content.document("a.pdf"), content.text("What is this?")]}],
        tools=[server_tools.web_search(max_uses=2), server_tools.tool_search(), WEATHER],
        container=server_tools.skills("xlsx"),
        context_management={"edits": [context_management.clear_thinking(keep_turns=2)]},
    )
    CLIENT.messages.create(model="d", max_tokens=5, messages=[content.text("Hello")])  # type: ignore[list-item]


def outputs_of_any_type() -> None:
    messages: list[MessageParam] = [{"role": "user", "content": "Hello"}]
    parsed = CLIENT.messages.parse(output_type=list[int], model="d", max_tokens=5, messages=messages).parsed
    assert_type(parsed, list[int])
    CLIENT.messages.parse(output_type=int | None, model="d", max_tokens=5, messages=messages)
    CLIENT.messages.parse(output_type=Literal["a", "b"], model="d", max_tokens=5, messages=messages)
    with CLIENT.messages.parse_stream(output_type=date, model="d", max_tokens=5, messages=messages) as stream:
        assert_type(stream.get_final_message().parsed, date)
    CLIENT.messages.parse_stream(output_type=date | None, model="d", max_tokens=5, messages=messages)
    CLIENT.messages.parse(output_type=int, model="d", max_tokens="5", messages=messages)  # type: ignore[call-overload]


def tools_that_code_calls() -> None:
    messages: list[MessageParam] = [{"role": "user", "content": "Hello"}]
    by_code = server_tools.callable_by_code({"name": "f", "input_schema": {"type": "object", "properties": {}}})
    assert_type(by_code, ToolParam)
    CLIENT.messages.create(model="d", max_tokens=5, messages=messages, tools=[server_tools.code_execution(), by_code])
