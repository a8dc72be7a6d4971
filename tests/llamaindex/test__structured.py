"""Structured output by LlamaIndex's program, on models that take a forced tool and on those that do not."""

import asyncio

import pytest
from llama_index.core.llms import ChatMessage
from llama_index.core.prompts import PromptTemplate
from llama_index.core.types import PydanticProgramMode
from pydantic import BaseModel

from claude_foundry.emulator import Emulator
from claude_foundry.llamaindex import ClaudeFoundry
from tests.llamaindex.faces import Face, both, llm_on, message, sent, whole
from tests.shells import Script


class City(BaseModel):
    """A city."""

    name: str
    population: int


PROMPT = PromptTemplate("Extract the city: {text}")
PARIS = "Paris is a city with population 2102650."
models = pytest.mark.parametrize("model", ["claude-haiku-4-5", "claude-sonnet-5", "claude-opus-5-5"])


@both
@models
def test_structured_predict(face: Face, model: str, emulator: Emulator, emulator_settings: dict[str, str]) -> None:
    """An object is given, and the system prompt is sent with the question."""
    llm = ClaudeFoundry(model=model, system_prompt="Be exact.", **emulator_settings)
    assert face.structured_predict(llm, City, PROMPT, text=PARIS) == City(name="Paris", population=2102650)
    body = emulator.requests[-1].body
    assert body["system"] == [{"type": "text", "text": "Be exact."}]
    assert body["tool_choice"]["type"] == ("auto" if model == "claude-opus-5-5" else "any")


@both
@models
def test_stream_structured_predict(
    face: Face, model: str, emulator: Emulator, emulator_settings: dict[str, str]
) -> None:
    """The object grows field by field; the tool is asked for, and the system prompt is sent."""
    llm = ClaudeFoundry(model=model, system_prompt="Be exact.", **emulator_settings)
    seen = face.stream_structured(llm, City, PROMPT, text=PARIS)
    assert seen[-1] == City(name="Paris", population=2102650)
    assert any(partial.name == "Paris" and partial.population is None for partial in seen)
    body = emulator.requests[-1].body
    assert body["system"] == [{"type": "text", "text": "Be exact."}]
    assert body["tool_choice"]["type"] == ("auto" if model == "claude-opus-5-5" else "any")


@both
def test_answer_without_the_tool(face: Face) -> None:
    """An answer in words is an error that tells the stop reason."""
    script = Script(whole(message({"type": "text", "text": "No."}, stop_reason="refusal")))
    with pytest.raises(ValueError, match="refusal"):
        face.structured_predict(llm_on(script), City, PROMPT, text=PARIS)


@both
def test_arguments_of_the_call(face: Face) -> None:
    """Arguments for the call reach it."""
    call = {"type": "tool_use", "id": "toolu_1", "name": "City", "input": {"name": "Paris", "population": 1}}
    script = Script(whole(message(call, stop_reason="tool_use")))
    face.structured_predict(llm_on(script), City, PROMPT, text=PARIS, llm_kwargs={"max_tokens": 9})
    assert sent(script)[0]["max_tokens"] == 9


@both
def test_by_text_alone(face: Face) -> None:
    """The mode that asks for JSON as text works without tools."""
    script = Script(whole(message({"type": "text", "text": '{"name": "Paris", "population": 1}'})))
    llm = llm_on(script, pydantic_program_mode=PydanticProgramMode.LLM)
    assert face.structured_predict(llm, City, PROMPT, text=PARIS) == City(name="Paris", population=1)
    assert "tools" not in sent(script)[0]


# LlamaIndex's own StructuredLLM still calls a deprecated method of pydantic.
@pytest.mark.filterwarnings("ignore:The `json` method is deprecated")
def test_structured_llm(emulator_settings: dict[str, str]) -> None:
    """The LLM of a class answers with objects, whole, asynchronously and streamed."""
    llm = ClaudeFoundry(model="claude-opus-5-5", **emulator_settings).as_structured_llm(City)
    asked = [ChatMessage(role="user", content="The name is Paris, the population is 2102650.")]
    paris = City(name="Paris", population=2102650)
    assert llm.chat(asked).raw == paris
    assert asyncio.run(llm.achat(asked)).raw == paris
    assert list(llm.stream_chat(asked))[-1].raw == paris
