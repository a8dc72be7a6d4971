"""The parts of the contract about answers: whole, streamed, and as listeners are told of them."""

import asyncio
import copy
import inspect
import json
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.callbacks import CallbackManager, TokenCountingHandler
from llama_index.core.llms.llm import LLM
from llama_index.core.prompts import PromptTemplate

from tests.llamaindex.contract_ground import (
    CHATS,
    COMPLETIONS,
    QUESTION,
    Contract,
    asked,
    called,
    on,
    text_of,
)


class ChatContract(Contract):
    """Answers, whole, and what is told about the LLM."""

    def test_metadata(self, llm: LLM) -> None:
        """Limits leave room for a prompt, and are the same whenever they are read."""
        assert llm.metadata == llm.metadata
        assert llm.metadata.context_window > 0
        assert llm.metadata.num_output < llm.metadata.context_window

    def test_payload(self, llm: LLM) -> None:
        """What events tell of the LLM is plain data that names its class."""
        payload = llm.to_payload() if hasattr(llm, "to_payload") else llm.to_dict()
        assert json.loads(json.dumps(payload))["class_name"] == llm.class_name()

    @pytest.mark.parametrize("way", [way for way in (*CHATS, *COMPLETIONS) if "stream" not in way])
    def test_answer(self, llm: LLM, way: str) -> None:
        """An answer is text, a message of the assistant's where it is a message."""
        [response] = called(llm, way, on(way))
        assert text_of(response)
        assert way in COMPLETIONS or response.message.role is MessageRole.ASSISTANT

    @pytest.mark.parametrize("way", CHATS)
    def test_messages_stay(self, llm: LLM, way: str) -> None:
        """The caller's messages are not changed."""
        messages = [ChatMessage(role="system", content="Be brief."), *asked()]
        before = copy.deepcopy(messages)
        called(llm, way, messages)
        assert messages == before

    def test_predict(self, llm: LLM) -> None:
        """A filled prompt is answered as text."""
        assert isinstance(llm.predict(PromptTemplate("Name {number} rivers."), number=3), str)

    def test_callback_manager(self, llm: LLM) -> None:
        """LlamaIndex's settings may put their callback manager on the instance."""
        manager = CallbackManager([])
        llm.callback_manager = manager
        assert llm.callback_manager is manager


class StreamContract(Contract):
    """Answers that are streamed."""

    @pytest.mark.parametrize("way", [way for way in (*CHATS, *COMPLETIONS) if "stream" in way])
    def test_kind(self, llm: LLM, way: str) -> None:
        """A stream is a generator; an asynchronous one is awaited first. Left unread, it does nothing."""

        async def given() -> Any:
            return await getattr(llm, way)(on(way))

        if way.startswith("a"):
            assert inspect.isasyncgen(asyncio.run(given()))
        else:
            assert inspect.isgenerator(getattr(llm, way)(on(way)))

    @pytest.mark.parametrize("way", [way for way in (*CHATS, *COMPLETIONS) if "stream" in way])
    def test_deltas(self, llm: LLM, way: str) -> None:
        """Every response has a delta that is a string, and together they are the text."""
        responses = called(llm, way, on(way))
        assert responses
        assert all(isinstance(response.delta, str) for response in responses)
        assert "".join(response.delta for response in responses) == text_of(responses[-1])

    @pytest.mark.parametrize("way", ["stream_chat", "stream_complete"])
    def test_left_early(self, llm: LLM, way: str) -> None:
        """A stream may be left after its first response."""
        stream = getattr(llm, way)(on(way))
        next(stream)
        stream.close()
        assert text_of(called(llm, way, on(way))[-1])


class CumulativeContract(Contract):
    """What components that keep some or all responses of a stream rely on."""

    @pytest.mark.parametrize("way", [way for way in (*CHATS, *COMPLETIONS) if "stream" in way])
    def test_text_so_far(self, llm: LLM, way: str) -> None:
        """Each response holds the text so far, also when all are kept."""
        responses = called(llm, way, on(way))
        so_far = ""
        for response in responses:
            so_far += response.delta
            assert text_of(response) == so_far
        assert len({text_of(response) for response in responses}) > 1


class EventContract(Contract):
    """What listeners are told, and tokens as LlamaIndex's own counter reads them."""

    @pytest.mark.parametrize("way", [*CHATS, *COMPLETIONS])
    def test_tokens(self, llm: LLM, way: str) -> None:
        """A call is counted once, by the service's numbers and not by a tokenizer."""
        counter = TokenCountingHandler(tokenizer=lambda text: [0] * 1_000_000)
        llm.callback_manager = CallbackManager([counter])
        [*_, last] = called(llm, way, on(way))
        assert len(counter.llm_token_counts) == 1
        assert 0 < counter.prompt_llm_token_count < 1_000_000
        assert 0 < counter.completion_llm_token_count < 1_000_000
        assert isinstance(last.raw, dict)

    @pytest.mark.parametrize("way", ["complete", "acomplete"])
    def test_completion_is_told_once(self, llm: LLM, way: str, events: list[str]) -> None:
        """A completion is one call to who listens."""
        called(llm, way, QUESTION)
        assert events == ["LLMCompletionStartEvent", "LLMCompletionEndEvent"]

    @pytest.mark.parametrize("way", ["stream_chat", "astream_chat"])
    def test_each_response_is_told(self, llm: LLM, way: str, events: list[str]) -> None:
        """Who listens hears of each response of a stream, and of its end."""
        responses = called(llm, way, asked())
        assert events.count("LLMChatInProgressEvent") == len(responses)
        assert (events[0], events[-1]) == ("LLMChatStartEvent", "LLMChatEndEvent")

    @pytest.mark.parametrize("way", CHATS)
    def test_chat_is_told_once(self, llm: LLM, way: str, events: list[str]) -> None:
        """A chat is one call to who listens."""
        called(llm, way, asked())
        assert [name for name in events if name.endswith("StartEvent")] == ["LLMChatStartEvent"]
