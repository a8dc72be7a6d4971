"""Objects from the four hooks of structured output, whole and growing, by every model."""

import asyncio
import copy
from collections.abc import Iterator
from typing import Any

import pytest
from llama_index.core.callbacks import CallbackManager, TokenCountingHandler
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.llms import ChatMessage
from llama_index.core.program import FunctionCallingProgram
from llama_index.core.types import PydanticProgramMode
from pydantic import BaseModel

from claude_foundry._stream import events
from claude_foundry.emulator import Emulator
from claude_foundry.errors import (
    StreamInterruptedError,
)
from claude_foundry.llamaindex import ClaudeFoundry
from tests.llamaindex.components import CALL, WORDS, way, ways
from tests.llamaindex.contract_ground import PARIS, PROMPT, TEXT, City
from tests.llamaindex.faces import Face, both, llm_on, message, played, sent, streamed, whole
from tests.shells import Script

models = pytest.mark.parametrize(
    "model", ["claude-haiku-4-5", "claude-sonnet-5", "claude-haiku-5-5", "claude-opus-5-5"]
)
modes = pytest.mark.parametrize("mode", ["auto", "function_calling"])


class Events(BaseEventHandler):
    """Keeps the names of the events it hears."""

    names: list[str] = []

    def handle(self, event: Any, **kwargs: Any) -> None:
        self.names.append(event.class_name())


@pytest.fixture
def told() -> Iterator[list[str]]:
    """The names of the events told to LlamaIndex's dispatcher."""
    root = get_dispatcher("root")
    handler = Events()
    root.add_event_handler(handler)
    yield handler.names
    root.event_handlers.remove(handler)


@both
@models
@modes
def test_structured_predict(
    face: Face, model: str, mode: Any, emulator: Emulator, emulator_settings: dict[str, str]
) -> None:
    """An object is given by every model in one request, with the system prompt, and the way is the one it takes."""
    llm = ClaudeFoundry(model=model, system_prompt="Be exact.", structured_mode=mode, **emulator_settings)
    before = len(emulator.requests)
    assert face.structured_predict(llm, City, PROMPT, text=TEXT) == PARIS
    [request] = emulator.requests[before:]
    assert request.body["system"] == [{"type": "text", "text": "Be exact."}]
    by_tool = "auto" if model == "claude-opus-5-5" else "tool"
    assert way(request.body) == ("format" if mode == "auto" and model != "claude-haiku-5-5" else by_tool)


@both
@models
@modes
def test_stream_structured_predict(face: Face, model: str, mode: Any, emulator_settings: dict[str, str]) -> None:
    """The object grows field by field, and ends as an instance of its class."""
    llm = ClaudeFoundry(model=model, structured_mode=mode, **emulator_settings)
    seen = face.stream_structured(llm, City, PROMPT, text=TEXT)
    assert seen[-1] == PARIS
    assert isinstance(seen[-1], City)
    assert any(partial.name == "Paris" and partial.population is None for partial in seen)


@both
def test_arguments_of_the_call(face: Face) -> None:
    """Arguments of the call reach it beside the LLM's own, what is settled here does not, and none is changed."""
    script = Script(whole(message(WORDS)))
    given = {"max_tokens": 9, "tool_choice": None, "tool_required": True}
    llm = llm_on(script, model="claude-sonnet-5", output_config={"effort": "low"})
    face.structured_predict(llm, City, PROMPT, text=TEXT, llm_kwargs=given)
    [body] = sent(script)
    assert (body["max_tokens"], body["output_config"]["effort"], way(body)) == (9, "low", "format")
    assert "tool_choice" not in body
    assert given == {"max_tokens": 9, "tool_choice": None, "tool_required": True}


@both
def test_tools_beside_the_object(face: Face) -> None:
    """Tools set on the LLM and given to the call stand beside the one that takes the object."""
    tools = [{"name": name, "input_schema": {"type": "object", "properties": {}}} for name in ("first", "second")]
    script = Script(whole(message(CALL, stop_reason="tool_use")))
    llm = llm_on(script, structured_mode="function_calling", additional_kwargs={"tools": tools[:1]})
    face.structured_predict(llm, City, PROMPT, text=TEXT, llm_kwargs={"tools": tools[1:]})
    assert [tool["name"] for tool in sent(script)[0]["tools"]] == ["first", "second", "City"]


@both
def test_by_text_alone(face: Face) -> None:
    """The mode of LlamaIndex that asks for JSON as text works without tools."""
    script = Script(whole(message(WORDS)))
    llm = llm_on(script, pydantic_program_mode=PydanticProgramMode.LLM)
    # LlamaIndex's own program writes its parser into the prompt it is given.
    assert face.structured_predict(llm, City, copy.copy(PROMPT), text=TEXT) == PARIS
    assert "tools" not in sent(script)[0]
    assert "output_config" not in sent(script)[0]


@both
def test_stream_by_text_alone(face: Face) -> None:
    """That mode streams as well."""
    llm = llm_on(Script(played(WORDS)), pydantic_program_mode=PydanticProgramMode.LLM)
    assert face.stream_structured(llm, City, copy.copy(PROMPT), text=TEXT)[-1] == PARIS


@models
def test_llamaindexs_own_program(model: str, emulator_settings: dict[str, str]) -> None:
    """Who uses LlamaIndex's program directly gets the object too, whole and growing."""
    llm = ClaudeFoundry(model=model, **emulator_settings)
    program = FunctionCallingProgram.from_defaults(output_cls=City, prompt=copy.copy(PROMPT), llm=llm)
    assert program(text=TEXT) == PARIS
    seen: list[Any] = list(program.stream_call(text=TEXT))
    assert any(partial.name == "Paris" and partial.population is None for partial in seen)
    assert seen[-1] == PARIS


@both
def test_mode_of_llamaindex_for_tools(face: Face) -> None:
    """LlamaIndex's own word for function calling is heard."""
    script = Script(whole(message(CALL, stop_reason="tool_use")))
    llm = llm_on(script, pydantic_program_mode=PydanticProgramMode.FUNCTION)
    assert face.structured_predict(llm, City, PROMPT, text=TEXT) == PARIS
    assert ways(script) == ["tool"]


def test_mode_that_is_unknown() -> None:
    """A mode that there is not is refused when the LLM is made."""
    with pytest.raises(ValueError, match="structured_mode"):
        ClaudeFoundry(model="claude-haiku-4-5", structured_mode="json")  # type: ignore[arg-type]


@both
def test_events_and_counts(face: Face, told: list[str]) -> None:
    """Tracers hear of the prediction around the one call below it, and token counters count that."""
    counter = TokenCountingHandler(tokenizer=str.split)
    llm = llm_on(Script(whole(message(WORDS)), played(WORDS)), callback_manager=CallbackManager([counter]))
    face.structured_predict(llm, City, PROMPT, text=TEXT)
    assert told == [
        "LLMStructuredPredictStartEvent",
        "LLMChatStartEvent",
        "LLMChatEndEvent",
        "LLMStructuredPredictEndEvent",
    ]
    face.stream_structured(llm, City, PROMPT, text=TEXT)
    assert told.count("LLMStructuredPredictInProgressEvent") > 1
    assert told[-1] == "LLMStructuredPredictEndEvent"
    assert counter.prompt_llm_token_count == 2 * 110
    assert counter.completion_llm_token_count == 2 * 5


@both
def test_stream_that_breaks_off(face: Face) -> None:
    """A stream that ends early is an error, never the object as far as it came."""
    cut = list(events(message(WORDS), split=list))[:12]
    with pytest.raises(StreamInterruptedError):
        face.stream_structured(llm_on(Script(streamed(cut, ended=False))), City, PROMPT, text=TEXT)


def test_stream_that_is_left_early(emulator_settings: dict[str, str]) -> None:
    """A stream may be left after its first object; the LLM goes on to answer."""
    llm = ClaudeFoundry(model="claude-haiku-4-5", **emulator_settings)
    stream = llm.stream_structured_predict(City, PROMPT, text=TEXT)
    assert next(stream).name
    stream.close()

    async def left() -> City:
        growing = await llm.astream_structured_predict(City, PROMPT, text=TEXT)
        assert (await anext(growing)).name
        await growing.aclose()
        return await llm.astructured_predict(City, PROMPT, text=TEXT)

    assert asyncio.run(left()) == PARIS


@both
def test_nested_objects(face: Face) -> None:
    """Objects within a list grow one by one, as plain data until the whole is valid."""

    class Cities(BaseModel):
        """Cities."""

        found: list[City]

    words = Cities(found=[PARIS, City(name="Lyon", population=522250)]).model_dump_json()
    seen = face.stream_structured(llm_on(Script(played({"type": "text", "text": words}))), Cities, PROMPT, text=TEXT)
    assert [city.name for city in seen[-1].found] == ["Paris", "Lyon"]


# LlamaIndex's own StructuredLLM still calls a deprecated method of pydantic.
@pytest.mark.filterwarnings("ignore:The `json` method is deprecated")
@models
def test_structured_llm(model: str, emulator_settings: dict[str, str]) -> None:
    """The LLM of a class answers with objects, whole, asynchronously and streamed."""
    llm = ClaudeFoundry(model=model, **emulator_settings).as_structured_llm(City)
    asked = [ChatMessage(role="user", content="The name is Paris, the population is 2102650.")]
    assert llm.chat(asked).raw == PARIS
    assert asyncio.run(llm.achat(asked)).raw == PARIS
    assert list(llm.stream_chat(asked))[-1].raw == PARIS
    assert City.model_validate_json(llm.complete(asked[0].content or "").text) == PARIS
