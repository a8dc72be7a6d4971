"""The parts of the contract about tools, agents and objects."""

import asyncio
import copy
from collections.abc import Sequence
from typing import Any

import pytest
from llama_index.core.agent.workflow import FunctionAgent, ToolCallResult
from llama_index.core.base.llms.types import ChatMessage, ChatResponse
from llama_index.core.llms.llm import LLM
from llama_index.core.memory import ChatMemoryBuffer

from tests.llamaindex.contract_ground import (
    ADD,
    NOW,
    PARIS,
    PREDICTIONS,
    PROMPT,
    QUESTION,
    TEXT,
    TOOL_CHATS,
    City,
    Contract,
    asked,
    called,
    text_of,
)


class ToolContract(Contract):
    """Tools, and agents that use them."""

    @pytest.mark.parametrize("way", TOOL_CHATS)
    def test_call(self, llm: Any, way: str) -> None:
        """A tool is called by its name; one without arguments gets none."""
        responses = called(llm, way, [NOW], user_msg="Tell the time of now.")
        for response in responses:
            llm.get_tool_calls_from_response(response, error_on_no_tool_call=False)
        [call] = llm.get_tool_calls_from_response(responses[-1])
        assert (call.tool_name, call.tool_kwargs) == ("now", {})
        assert call.tool_id

    def test_question_as_message(self, llm: Any) -> None:
        """The question may be a message."""
        [response] = called(llm, "chat_with_tools", [NOW], user_msg=asked("Tell the time of now.")[0])
        assert llm.get_tool_calls_from_response(response)

    @pytest.mark.parametrize("way", TOOL_CHATS)
    def test_result(self, llm: Any, way: str) -> None:
        """A result goes back with the call it answers; the caller's history is not changed."""
        [question] = asked("Tell the time of now.")
        message = called(llm, way, [NOW], user_msg=question)[-1].message
        identifier = llm.get_tool_calls_from_response(ChatResponse(message=message))[0].tool_id
        result = ChatMessage(role="tool", content="12:00", additional_kwargs={"tool_call_id": identifier})
        history = [question, message, result]
        before = copy.deepcopy(history)
        answer = called(llm, way, [NOW], chat_history=history)[-1]
        assert text_of(answer)
        assert llm.get_tool_calls_from_response(answer, error_on_no_tool_call=False) == []
        assert history == before

    @pytest.mark.parametrize("streaming", [True, False])
    # LlamaIndex's workflows look at every attribute of an agent, pydantic's deprecated ones among them.
    @pytest.mark.filterwarnings("ignore::pydantic.PydanticDeprecationWarning")
    def test_function_agent(self, llm: Any, streaming: bool) -> None:
        """An agent runs the tool and ends with an answer."""

        async def run() -> tuple[str, Sequence[Any]]:
            agent = FunctionAgent(tools=[NOW], llm=llm, streaming=streaming)
            memory = ChatMemoryBuffer.from_defaults([], token_limit=9_999)
            handler = agent.run("Tell the time of now.", memory=memory)
            seen = [event async for event in handler.stream_events()]
            return str(await handler), seen

        answer, seen = asyncio.run(run())
        assert [event.tool_name for event in seen if isinstance(event, ToolCallResult)] == ["now"]
        assert answer


class ArgumentContract(Contract):
    """Arguments of calls, and answers without a call."""

    @pytest.mark.parametrize("way", TOOL_CHATS)
    def test_arguments(self, llm: Any, way: str) -> None:
        """A call has its arguments; in a stream they grow, and never fall back."""
        grown = [
            call.tool_kwargs
            for response in called(llm, way, [ADD], user_msg="Add 3 and 4.")
            for call in llm.get_tool_calls_from_response(response, error_on_no_tool_call=False)
        ]
        assert grown[-1] == {"a": 3, "b": 4}
        assert [len(arguments) for arguments in grown] == sorted(len(arguments) for arguments in grown)

    def test_no_call(self, llm: Any) -> None:
        """An answer without a call is an error to who needs one."""
        [response] = called(llm, "chat", asked())
        with pytest.raises(ValueError, match="Expected at least one tool call"):
            llm.get_tool_calls_from_response(response)

    def test_required(self, llm: Any) -> None:
        """A call that is required is made, though the question does not ask for it."""
        [response] = called(llm, "chat_with_tools", [NOW], user_msg=QUESTION, tool_required=True)
        assert llm.get_tool_calls_from_response(response)


class StructuredContract(Contract):
    """Objects of a class."""

    @pytest.mark.parametrize("way", PREDICTIONS)
    def test_object(self, llm: LLM, way: str, events: list[str]) -> None:
        """The last or only thing given is the object, and who listens hears of start and end."""
        assert called(llm, way, City, PROMPT, text=TEXT)[-1] == PARIS
        assert events[0] == "LLMStructuredPredictStartEvent"
        assert events[-1] == "LLMStructuredPredictEndEvent"

    @pytest.mark.parametrize("way", [way for way in PREDICTIONS if "stream" in way])
    def test_growing_object(self, llm: LLM, way: str) -> None:
        """An object that is not whole has all its fields; what has not come is None."""
        partial = [grown for grown in called(llm, way, City, PROMPT, text=TEXT) if not isinstance(grown, City)]
        assert any(grown.name == PARIS.name and grown.population is None for grown in partial)

    def test_structured_llm(self, llm: LLM) -> None:
        """The LLM of a class answers with the object, and with its JSON as the text."""
        response = llm.as_structured_llm(City).chat(PROMPT.format_messages(text=TEXT))
        assert response.raw == PARIS
        assert City.model_validate_json(text_of(response)) == PARIS
