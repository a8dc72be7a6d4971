"""Token counts: asked of the service, remembered, and estimated."""

import asyncio
import copy
import pickle
from typing import Any

import pytest
from langchain_core.exceptions import ModelInvalidRequestError, ModelRateLimitError
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage, trim_messages
from pydantic import BaseModel

from claude_foundry.langchain import ChatClaudeFoundry
from tests.answers import refused, whole
from tests.langchain.ways import model, sent
from tests.shells import Script


class Trip(BaseModel):
    """A trip."""

    city: str


def test_counting(emulator_settings: dict[str, str]) -> None:
    """Tokens are counted by the service, with the tools that would be bound."""
    made = ChatClaudeFoundry(model="claude-haiku-4-5", **emulator_settings)

    plain = made.get_num_tokens_from_messages([HumanMessage("Hi")])
    with_tools = made.get_num_tokens_from_messages([HumanMessage("Hi")], tools=[Trip])

    assert 0 < plain < with_tools


def test_counting_parts_of_a_conversation(emulator_settings: dict[str, str]) -> None:
    """Any part of a conversation can be counted, so that LangChain's trimming works with the model as its counter."""
    made = ChatClaudeFoundry(model="claude-haiku-4-5", **emulator_settings)
    history = [
        SystemMessage("Be brief."),
        HumanMessage("What is 17 times 23?"),
        AIMessage("", tool_calls=[{"name": "multiply", "args": {"a": 17, "b": 23}, "id": "c1"}]),
        ToolMessage("391", tool_call_id="c1"),
        AIMessage("391."),
        HumanMessage("And half of it?"),
    ]

    trimmed = trim_messages(
        history, max_tokens=60, strategy="last", include_system=True, start_on="human", token_counter=made
    )

    assert trimmed[0] == history[0]
    assert trimmed[-1] == history[-1]
    assert made.get_num_tokens("hello") > 0


def counted(made: Any, *arguments: Any, **named: Any) -> int:
    return made.get_num_tokens_from_messages(*arguments, **named)


def acounted(made: Any, *arguments: Any, **named: Any) -> int:
    return asyncio.run(made.aget_num_tokens_from_messages(*arguments, **named))


both = pytest.mark.parametrize("count", [counted, acounted])
COUNT = {"input_tokens": 12}


@both
def test_the_request_that_would_be_sent(count: Any) -> None:
    """What is counted is the request of a call: its tools, thinking and cache points, without limits."""
    service = Script(whole(COUNT))
    search = {"type": "web_search_20250305", "name": "web_search"}
    made = model(service, model="claude-sonnet-4-6", thinking={"type": "adaptive"}, temperature=1.0)

    assert count(made, [SystemMessage("Be brief."), HumanMessage("Hi")], [search, Trip]) == 12

    request = sent(service)[0]
    assert service.requests[0].url.path.endswith("/v1/messages/count_tokens")
    assert [tool["name"] for tool in request["tools"]] == ["web_search", "Trip"]
    assert set(request) == {"model", "messages", "system", "tools", "thinking"}


@both
def test_standard_blocks(count: Any) -> None:
    """A history in LangChain's standard blocks is counted in the API's words."""
    service = Script(whole(COUNT))
    thought = {"type": "reasoning", "reasoning": "So.", "extras": {"signature": "s"}}
    standard = AIMessage([thought, {"type": "text", "text": "b"}], response_metadata={"output_version": "v1"})

    count(model(service), [HumanMessage("a"), standard, HumanMessage("c")])

    assert sent(service)[0]["messages"][1]["content"][0] == {"type": "thinking", "thinking": "So.", "signature": "s"}


@both
def test_repeats(count: Any) -> None:
    """The same conversation is counted once; another, or one for another model, is counted anew."""
    service = Script(*(whole({"input_tokens": number}) for number in (1, 2, 3)))
    made = model(service)

    counts = [
        count(made, [HumanMessage(text)], **named)
        for text, named in (("a", {}), ("a", {}), ("b", {}), ("a", {}), ("a", {"model": "claude-haiku-4-5"}))
    ]

    assert counts == [1, 1, 2, 1, 3]


@both
def test_failures_are_not_remembered(count: Any) -> None:
    """A count that failed is asked for again, and its error is of both families."""
    made = model(Script(refused(429), whole(COUNT)))

    with pytest.raises(ModelRateLimitError):
        count(made, [HumanMessage("a")])
    assert count(made, [HumanMessage("a")]) == 12


def test_copies_count_anew() -> None:
    """Counts are no part of copies and pickles, nor of what makes two models equal."""
    made = ChatClaudeFoundry(model="d", resource="a", api_key="k")
    made._counts.put(b"key", 1)

    assert copy.deepcopy(made)._counts.get(b"key") is None
    assert pickle.loads(pickle.dumps(made._counts)).get(b"key") is None
    assert made == made.model_copy()


@pytest.mark.parametrize(
    "messages", [[HumanMessage([{"type": "audio"}])], [SystemMessage([{"type": "image", "url": "https://a.example"}])]]
)
def test_what_cannot_be_counted(messages: list[Any]) -> None:
    """Content that cannot be sent is refused when it is counted by an error that is LangChain's too."""
    with pytest.raises(ModelInvalidRequestError, match="block of type"):
        model().get_num_tokens_from_messages(messages)


def test_estimate() -> None:
    """An estimate takes no request, grows with the conversation and its tools, and is no picture's length."""
    made = model()
    picture = {"type": "image", "base64": "A" * 100_000, "mime_type": "image/png"}

    plain, with_tools, seen = (
        made.estimate_num_tokens([HumanMessage("Hello there.")]),
        made.estimate_num_tokens([HumanMessage("Hello there.")], tools=[Trip]),
        made.estimate_num_tokens([HumanMessage([picture])]),
    )

    assert 0 < plain < with_tools < seen < 2000


def test_trimming_by_estimates() -> None:
    """LangChain's trimming takes the estimate as its counter."""
    history = [HumanMessage("a" * 3300), AIMessage("b"), HumanMessage("c")]

    trimmed = trim_messages(
        history, max_tokens=100, strategy="last", start_on="human", token_counter=model().estimate_num_tokens
    )

    assert trimmed == history[2:]


def test_the_emulator_counts_tools_of_the_service(emulator_settings: dict[str, str]) -> None:
    """Tools of the service can be counted."""
    made = ChatClaudeFoundry(model="claude-haiku-4-5", **emulator_settings)

    assert made.get_num_tokens_from_messages(
        [HumanMessage("Hi")], [{"type": "web_search_20250305", "name": "web_search"}]
    )
