"""The methods that LlamaIndex calls, synchronous and asynchronous alike."""

import asyncio
import inspect
import threading
import types
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from llama_index.core.base.llms.types import ChatMessage, DocumentBlock, ImageBlock, TextBlock, ThinkingBlock
from llama_index.core.callbacks import CallbackManager, CBEventType, TokenCountingHandler
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.instrumentation.events.base import BaseEvent
from llama_index.core.instrumentation.events.llm import LLMChatStartEvent, LLMCompletionStartEvent
from llama_index.core.tools import FunctionTool

from claude_foundry import BadRequestError
from claude_foundry._stream import events
from claude_foundry.llamaindex import ClaudeFoundry
from tests.llamaindex.faces import (
    Face,
    both,
    llm_on,
    message,
    played,
    refused,
    sent,
    streamed,
    whole,
)
from tests.shells import Body, Script

TEXT = {"type": "text", "text": "Hello there"}
ASK = [ChatMessage(role="user", content="Hi")]


@both
def test_chat(face: Face) -> None:
    """A chat sends exactly the messages given and gives the answer."""
    script = Script(whole(message(TEXT)))
    response = face.chat(llm_on(script, system_prompt="Not here."), ASK)
    assert response.message.content == "Hello there"
    assert sent(script) == [
        {
            "model": "claude-haiku-4-5",
            "max_tokens": 16_384,
            "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
        }
    ]


@both
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_retries(face: Face, stream: bool) -> None:
    """An answer tells, in the last response of a stream, how many attempts failed before it."""
    failed = [httpx.Response(529, headers={"retry-after-ms": "0.001"}) for _ in range(2)]
    llm = llm_on(Script(*failed, played(TEXT) if stream else whole(message(TEXT))), max_retries=2)
    responses = face.stream_chat(llm, ASK) if stream else [face.chat(llm, ASK)]
    assert responses[-1].additional_kwargs["retries_taken"] == 2
    assert not any("retries_taken" in response.additional_kwargs for response in responses[:-1])


@both
@pytest.mark.parametrize(("ended", "told"), [(True, None), (False, "message_delta")], ids=["stop", "delta"])
def test_end_of_a_stream(face: Face, ended: bool, told: str | None) -> None:
    """A stream that ended without ``message_stop`` gives an answer that says so; no other answer tells its end."""
    stream = streamed(list(events(message(TEXT)))[:-1], ended=ended)
    *_, last = face.stream_chat(llm_on(Script(stream)), ASK)
    assert (last.message.content, last.additional_kwargs.get("terminal")) == ("Hello there", told)


@both
@pytest.mark.parametrize(("ended", "told"), [(True, None), (False, "message_delta")], ids=["stop", "delta"])
def test_end_of_a_long_answer(face: Face, ended: bool, told: str | None) -> None:
    """So does a long answer, which is streamed below."""
    stream = streamed(list(events(message(TEXT)))[:-1], ended=ended)
    answer = face.chat(llm_on(Script(stream), max_tokens=64_000), ASK)
    assert (answer.message.content, answer.additional_kwargs.get("terminal")) == ("Hello there", told)


@both
def test_complete(face: Face) -> None:
    """A completion is one user message, formed by the caller's function unless it is formed already."""
    script = Script(whole(message(TEXT)), whole(message(TEXT)))
    llm = llm_on(script, completion_to_prompt=lambda prompt: f"<{prompt}>")
    assert face.complete(llm, "Hi").text == "Hello there"
    face.complete(llm, "Hi", formatted=True)
    assert [body["messages"][0]["content"][0]["text"] for body in sent(script)] == ["<Hi>", "Hi"]


@both
def test_streams_add_up(face: Face) -> None:
    """The increments of both kinds of stream add up to the text, and the last response has the accounts."""
    llm = llm_on(Script(played(TEXT), played(TEXT)))
    chat = face.stream_chat(llm, ASK)
    completion = face.stream_complete(llm, "Hi")
    assert "".join(str(response.delta) for response in chat) == chat[-1].message.content == "Hellothere"
    assert [response.text for response in completion] == ["Hello", "Hellothere", "Hellothere"]
    for last in (chat[-1], completion[-1]):
        assert last.additional_kwargs["total_tokens"] == 115
        assert last.additional_kwargs["request_id"] == "req_1"
        assert last.raw["usage"]["prompt_tokens"] == 110


@both
def test_empty_stream_gives_one_response(face: Face) -> None:
    """An answer without content still gives a response, and a completion of no text."""
    llm = llm_on(Script(played(stop_reason="refusal"), played(stop_reason="refusal")))
    [only] = face.stream_chat(llm, ASK)
    assert only.additional_kwargs["stop_reason"] == "refusal"
    assert [response.text for response in face.stream_complete(llm, "Hi")] == [""]


def test_streams_are_generators_that_send_nothing_until_asked() -> None:
    """A stream is a real generator, and nothing is sent before its first response is asked for."""
    script = Script(played(TEXT))
    stream = llm_on(script).stream_chat(ASK)
    assert isinstance(stream, types.GeneratorType)
    assert script.requests == []
    next(stream)
    stream.close()
    assert len(script.requests) == 1


def test_async_streams_are_generators_that_send_nothing_until_asked() -> None:
    """An asynchronous stream is awaited for its generator, and sends nothing until asked."""
    script = Script(played(TEXT))

    async def start() -> None:
        stream = await llm_on(script).astream_chat(ASK)
        assert inspect.isasyncgen(stream)
        assert script.requests == []
        await stream.aclose()

    asyncio.run(start())


@both
def test_stream_that_is_left_closes_its_connection(face: Face) -> None:
    """Leaving a stream early closes the connection."""
    body = Body([part for part in played(TEXT).content.split(b"\n\n") for part in (part, b"\n\n")])
    response = httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=body)
    assert face.first_of_stream(llm_on(Script(response)), ASK).delta == "Hello"
    assert body.closed


THOUGHT = ThinkingBlock(content="", additional_information={"signature": "s"})
HISTORY = [*ASK, ChatMessage(role="assistant", blocks=[THOUGHT, TextBlock(text="a")]), *ASK]
BOUND = "messages.1.content.0: Invalid `signature`. The block is bound to a different conversation."


@both
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_reasoning_of_another_conversation_is_left_out(face: Face, stream: bool) -> None:
    """When the service refuses reasoning because the conversation changed, it is asked once more without."""
    script = Script(refused(BOUND), played(TEXT) if stream else whole(message(TEXT)))
    llm = llm_on(script)
    response = face.stream_chat(llm, HISTORY)[-1] if stream else face.chat(llm, HISTORY)
    assert response.message.content in ("Hello there", "Hellothere")
    kinds = [[block["type"] for block in body["messages"][1]["content"]] for body in sent(script)]
    assert kinds == [["thinking", "text"], ["text"]]


@both
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_refusal_is_not_asked_again(face: Face, stream: bool) -> None:
    """Any other refusal is raised, and so is a second one."""
    for answers in ([refused("max_tokens: wrong")], [refused(BOUND), refused(BOUND)]):
        with pytest.raises(BadRequestError):
            (face.stream_chat if stream else face.chat)(llm_on(Script(*answers)), HISTORY)


@both
def test_settings_and_arguments_are_sent(face: Face) -> None:
    """Settings go with every request, arguments of the call with theirs."""
    script = Script(whole(message(TEXT)))
    llm = llm_on(
        script,
        thinking={"type": "disabled"},
        temperature=0.5,
        betas=["a-2025-01-01"],
        additional_kwargs={"metadata": {"user_id": "u"}},
        max_tokens=7,
    )
    face.chat(llm, ASK, max_tokens=8, stop=["x"], extra_headers={"x-team": "a"}, n=1)
    [body] = sent(script)
    assert (body["max_tokens"], body["stop_sequences"], body["temperature"]) == (8, ["x"], 0.5)
    assert (body["thinking"], body["metadata"]) == ({"type": "disabled"}, {"user_id": "u"})
    headers = script.requests[0].headers
    assert (headers["anthropic-beta"], headers["x-team"]) == ("a-2025-01-01", "a")


def test_tokens_are_counted_by_the_service(emulator_settings: dict[str, str]) -> None:
    """A count is that of the call it stands for: of a text, of a conversation, with its tools and system prompt."""
    llm = ClaudeFoundry(model="claude-sonnet-5", **emulator_settings)
    counts = [
        llm.count_tokens("Hi"),
        llm.count_tokens([ChatMessage(role="system", content="Be brief."), *ASK]),
        llm.count_tokens(ASK, tools=[FunctionTool.from_defaults(len, name="length", description="Counts letters.")]),
    ]
    assert 0 < counts[0] < counts[1] < counts[2]
    assert asyncio.run(llm.acount_tokens("Hi")) == counts[0]
    assert len(llm.tokenizer("Hello there")) == 4


@both
def test_file_is_read(face: Face, tmp_path: Path) -> None:
    """An image on disk is sent as its bytes."""
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(24))
    script = Script(whole(message(TEXT)))
    face.chat(llm_on(script), [ChatMessage(role="user", blocks=[ImageBlock(path=path)])])
    assert sent(script)[0]["messages"][0]["content"][0]["source"]["media_type"] == "image/png"


class Recorder(BaseEventHandler):
    """Keeps every event of LlamaIndex's instrumentation."""

    seen: list[Any] = []

    @classmethod
    def class_name(cls) -> str:
        return "Recorder"

    def handle(self, event: BaseEvent, **kwargs: Any) -> None:
        self.seen.append(event)


@pytest.fixture
def recorder() -> Any:
    """Listens to LlamaIndex's events for one test."""
    handler, root = Recorder(seen=[]), get_dispatcher("root")
    root.add_event_handler(handler)
    yield handler
    root.event_handlers.remove(handler)


@both
def test_a_completion_is_one_event(face: Face, recorder: Recorder) -> None:
    """A completion is told to callbacks once, as a completion, with its tokens counted once and no secret."""
    counter = TokenCountingHandler(tokenizer=str.split)
    llm = llm_on(Script(whole(message(TEXT))), callback_manager=CallbackManager([counter]), api_key="sealed")
    face.complete(llm, "Hi")
    starts = [event for event in recorder.seen if isinstance(event, LLMCompletionStartEvent | LLMChatStartEvent)]
    assert [type(event) for event in starts] == [LLMCompletionStartEvent]
    assert (counter.prompt_llm_token_count, counter.completion_llm_token_count) == (110, 5)
    assert not [event for event in recorder.seen if "sealed" in event.model_dump_json(fallback=repr)]


@both
def test_streamed_tokens_are_counted(face: Face) -> None:
    """A stream's tokens are those of its last response."""
    counter = TokenCountingHandler(tokenizer=str.split)
    llm = llm_on(Script(played(TEXT)), callback_manager=CallbackManager([counter]))
    face.stream_chat(llm, ASK)
    assert counter.total_llm_token_count == 115
    assert len(counter.llm_token_counts) == 1
    assert CBEventType.LLM


async def test_files_are_read_beside_the_event_loop() -> None:
    """Reading files keeps no event loop from its other work."""
    readers = list[int]()

    class Watched(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            readers.append(threading.get_ident())
            return super().read(size)

    block = DocumentBlock(data=Watched(b"words"), document_mimetype="text/plain")
    await llm_on(Script(whole(message(TEXT)))).achat([ChatMessage(role="user", blocks=[block])])
    assert readers
    assert threading.get_ident() not in readers
