"""Caching, context management, and requests that are refused, against recorded traffic."""

from typing import Any

import pytest
from llama_index.core.base.llms.types import CacheControl, CachePoint, ChatMessage, TextBlock, ToolCallBlock
from llama_index.core.tools import FunctionTool

from claude_foundry import BadRequestError, FeatureNotSupportedError, NotFoundError, server_tools
from claude_foundry.llamaindex import ClaudeFoundry
from tests.llamaindex.cassette_ways import all_ways, answered, kinds, user, whole_and_streamed
from tests.long_conversations import CLEARING, FORGETTING, HANDBOOK, NAME, NOTES, QUESTIONS, SUMMING_UP

pytestmark = pytest.mark.vcr
DAYS = ("Monday", "Tuesday")


def llm_of(endpoint: dict[str, Any], **settings: Any) -> ClaudeFoundry:
    return ClaudeFoundry(**{"model": "claude-sonnet-5", "max_tokens": 1000, **settings}, **endpoint)


def read_and_written(response: Any) -> tuple[int, int]:
    told = response.additional_kwargs
    return told["cache_read_input_tokens"], told["cache_creation_input_tokens"]


@whole_and_streamed
async def test_cache_point_in_a_message(foundry_endpoint: dict[str, Any], way: str) -> None:
    """What stands before a cache point in the conversation is read from the cache by the next request."""
    point = CachePoint(cache_control=CacheControl(type="ephemeral", ttl="1h"))
    llm = llm_of(foundry_endpoint)

    first = await answered(llm, [user(f"{HANDBOOK}{way}", point, QUESTIONS[0])], way)
    second = await answered(llm, [user(f"{HANDBOOK}{way}", point, QUESTIONS[1])], way)

    assert read_and_written(first)[1] > 1024
    assert read_and_written(second) == (read_and_written(first)[1], 0)
    assert first.raw["usage"]["cache_creation"]["ephemeral_1h_input_tokens"] == read_and_written(first)[1]


@whole_and_streamed
async def test_cache_point_at_the_end(foundry_endpoint: dict[str, Any], way: str) -> None:
    """With the automatic cache point, each request reads what the one before has written."""
    llm = llm_of(foundry_endpoint, cache_control={"type": "ephemeral"})
    asked = user(f"{HANDBOOK}{way}: {QUESTIONS[0]}")

    first = await answered(llm, [asked], way)
    second = await answered(llm, [asked, first.message, user(QUESTIONS[1])], way)

    assert read_and_written(second)[0] >= read_and_written(first)[1] > 1024


def test_cache_of_tools(foundry_endpoint: dict[str, Any]) -> None:
    """The tools of a request are read from the cache by the next one that has the same."""

    def turn_lamp(seconds: int) -> int:
        """Turn the lamp."""
        return seconds

    tool = FunctionTool.from_defaults(turn_lamp, description=HANDBOOK)
    llm = llm_of(foundry_endpoint, cache_tools="1h")

    first, second = (llm.chat_with_tools([tool], user_msg=question) for question in ("Hello", "Good evening"))

    assert read_and_written(first)[1] > 1024
    assert read_and_written(second) == (read_and_written(first)[1], 0)


def applied_edits(response: Any) -> Any:
    return response.raw["context_management"]["applied_edits"]


def read_log(day: str) -> str:
    """Read the log of a day."""
    return f"Fog all day. {HANDBOOK}" if day == "Monday" else "Clear until the evening."


@all_ways
async def test_cleared_tool_results(foundry_endpoint: dict[str, Any], way: str) -> None:
    """Old results are cleared, and the answer tells how many, and how many tokens that saved."""
    llm = llm_of(foundry_endpoint, context_management=CLEARING, thinking=False)
    asked = user("Read the log of Monday and of Tuesday.")
    calls = [ToolCallBlock(tool_call_id=f"toolu_{day}", tool_name="read_log", tool_kwargs={"day": day}) for day in DAYS]
    results = [
        ChatMessage(role="tool", content=read_log(day), additional_kwargs={"tool_call_id": f"toolu_{day}"})
        for day in DAYS
    ]
    tools = [{"name": "read_log", "input_schema": {"type": "object", "properties": {"day": {"type": "string"}}}}]

    answer = await answered(llm, [asked, ChatMessage(role="assistant", blocks=calls), *results], way, tools=tools)

    [edit] = applied_edits(answer)
    assert edit["cleared_tool_uses"] == 1
    assert edit["cleared_input_tokens"] > 1_000 > answer.additional_kwargs["prompt_tokens"]
    assert answer.message.content


@all_ways
async def test_cleared_thinking(foundry_endpoint: dict[str, Any], way: str) -> None:
    """The thinking of all turns but the last is cleared, and the answer tells it."""
    llm = llm_of(foundry_endpoint, thinking=True, context_management=FORGETTING)
    messages = [user("What is 17 times 23? Think it through.")]
    for question in ("And half of it? Think it through.", "And a tenth of that?"):
        messages += [(await answered(llm, messages, way)).message, user(question)]

    answer = await answered(llm, messages, way)

    assert [edit["cleared_thinking_turns"] for edit in applied_edits(answer)] == [1]
    assert answer.message.content


@whole_and_streamed
async def test_compaction(foundry_endpoint: dict[str, Any], way: str) -> None:
    """A long conversation is summed up and answered, and goes on from its summary."""
    llm = llm_of(foundry_endpoint, thinking=False, context_management=SUMMING_UP)

    first = await answered(llm, [user(f"{NOTES}\n{QUESTIONS[0]}")], way)
    second = await answered(llm, [first.message, user(NAME)], way)

    assert kinds(first) == ["compaction"]
    assert applied_edits(first) == []
    assert "Vesna" in (second.message.content or "")
    assert kinds(second) == []


@all_ways
async def test_unknown_deployment(foundry_endpoint: dict[str, Any], way: str) -> None:
    """A deployment that there is not is named as the reason, with the request's id."""
    llm = llm_of(foundry_endpoint, model="my-deployment")

    with pytest.raises(NotFoundError, match="deployment") as refused:
        await answered(llm, [user("Hello")], way)

    assert refused.value.apim_request_id


@all_ways
async def test_feature_that_the_deployment_lacks(foundry_endpoint: dict[str, Any], way: str) -> None:
    """A feature that the deployment has not is named, and both ids of the request."""
    llm = llm_of(foundry_endpoint, server_tools=[server_tools.code_execution()])

    with pytest.raises(FeatureNotSupportedError, match="code_execution") as refused:
        await answered(llm, [user("Run it.")], way)

    assert refused.value.request_id
    assert refused.value.apim_request_id


def test_prompt_that_is_too_long(foundry_endpoint: dict[str, Any]) -> None:
    """A prompt beyond the context window is refused with the service's own figures."""
    llm = llm_of(foundry_endpoint, model="claude-haiku-4-5")

    with pytest.raises(BadRequestError, match=r"prompt is too long: \d+ tokens > 200000 maximum"):
        llm.chat([user("." * 200_001)])


@whole_and_streamed
async def test_answer_that_is_cut(foundry_endpoint: dict[str, Any], way: str) -> None:
    """An answer that ends at the limit tells it."""
    asked = ChatMessage(role="user", blocks=[TextBlock(text="What does a lighthouse do? Tell me all about it.")])

    answer = await answered(llm_of(foundry_endpoint, thinking=False), [asked], way, max_tokens=5)

    assert answer.additional_kwargs["stop_reason"] == "max_tokens"
    assert answer.additional_kwargs["completion_tokens"] == 5
