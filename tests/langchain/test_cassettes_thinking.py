"""Thinking of each generation of models, and its way back, against recorded traffic."""

from typing import Any

import pytest
from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.tools import tool

from claude_foundry import BadRequestError
from claude_foundry.langchain import ChatClaudeFoundry
from tests.langchain.cassette_ways import answered, blocks, every_way, standard, whole_and_streamed

pytestmark = pytest.mark.vcr
QUESTION = HumanMessage("Think step by step: what is 17 times 23?")
SETTINGS: dict[str, dict[str, Any]] = {
    "a budget": {"model": "claude-haiku-4-5", "thinking": {"type": "enabled", "budget_tokens": 1024}},
    "by default of an older model": {"model": "claude-sonnet-4-5", "thinking": True},
    "adaptive": {"model": "claude-sonnet-5", "thinking": {"type": "adaptive", "display": "summarized"}},
    "an effort": {"model": "claude-opus-4-6", "reasoning_effort": "high"},
    "always": {"model": "claude-opus-5-5", "reasoning_effort": "low"},
}


@tool
def multiply(first: int, second: int) -> int:
    """Multiply two numbers."""
    return first * second


@pytest.fixture
def endpoint(foundry_endpoint: dict[str, Any]) -> dict[str, Any]:
    return {"max_tokens": 4096, **foundry_endpoint}


@every_way
@pytest.mark.parametrize("setting", SETTINGS)
async def test_thinking(endpoint: dict[str, Any], setting: str, way: str) -> None:
    """Each generation thinks as it is told to, and takes its thinking back with the next question."""
    llm = ChatClaudeFoundry(**SETTINGS[setting], **endpoint)

    first = await answered(llm, way, [QUESTION])
    second = await answered(llm, way, [QUESTION, first, HumanMessage("And half of it?")])

    [thought] = blocks(first, "thinking")
    assert thought["signature"]
    assert standard(first)[0] == "reasoning"
    assert first.usage_metadata["output_token_details"]["reasoning"] > 0
    assert second.text


@whole_and_streamed
@pytest.mark.parametrize("output_version", ["v0", "v1"])
async def test_thinking_with_a_call(endpoint: dict[str, Any], output_version: str, way: str) -> None:
    """Thinking goes back before the call it led to, from either form of LangChain's messages."""
    settings = {**SETTINGS["adaptive"], "output_version": output_version}
    bound = ChatClaudeFoundry(**settings, **endpoint).bind_tools([multiply])
    asked = HumanMessage("What is 17 times 23? Use multiply.")

    called = await answered(bound, way, [asked])
    answer = await answered(bound, way, [asked, called, multiply.invoke(called.tool_calls[0])])

    assert standard(called)[:2] == ["reasoning", "tool_call"]
    assert "391" in answer.text


@whole_and_streamed
async def test_thinking_of_another_conversation(endpoint: dict[str, Any], way: str) -> None:
    """Under another system prompt thinking is refused; the answer then comes without, or the refusal is raised."""
    llm = ChatClaudeFoundry(**SETTINGS["always"], **endpoint)
    told = await answered(llm, way, [SystemMessage("Be brief."), QUESTION])
    changed = [SystemMessage("Be kind."), QUESTION, told, HumanMessage("And half of it?")]

    answer = await answered(llm, way, changed)
    with pytest.raises(BadRequestError, match="bound to a different conversation"):
        await answered(llm.model_copy(update={"on_thinking_mismatch": "raise"}), way, changed)

    assert answer.text


@whole_and_streamed
async def test_no_thinking(endpoint: dict[str, Any], way: str) -> None:
    """A model that thinks by itself can be told not to."""
    llm = ChatClaudeFoundry(model="claude-sonnet-5", reasoning_effort="none", **endpoint)

    answer = await answered(llm, way, [QUESTION])

    assert blocks(answer, "thinking") == []
    assert answer.text


@whole_and_streamed
async def test_a_model_that_always_thinks(endpoint: dict[str, Any], way: str) -> None:
    """What a model refuses about thinking is the service's own refusal, with both ids."""
    llm = ChatClaudeFoundry(
        model="claude-opus-5-5", model_kwargs={"extra_body": {"thinking": {"type": "disabled"}}}, **endpoint
    )

    with pytest.raises(BadRequestError, match=r"thinking\.type\.disabled") as refused:
        await answered(llm, way, [QUESTION])

    assert refused.value.request_id
    assert refused.value.apim_request_id
