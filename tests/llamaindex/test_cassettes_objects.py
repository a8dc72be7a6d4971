"""Structured output against recorded traffic: by each method, in each way, whole and growing."""

from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage, CitableBlock, TextBlock
from llama_index.core.prompts import ChatPromptTemplate, PromptTemplate
from llama_index.core.types import PydanticProgramMode
from pydantic import BaseModel, Field

from claude_foundry import OutputNotParsedError
from claude_foundry.llamaindex import ClaudeFoundry
from tests.llamaindex.cassette_ways import all_ways, user

pytestmark = pytest.mark.vcr
PROMPT = PromptTemplate("A trip to {city} for 3 days.")
PARIS = {"city": "Paris", "days": 3}
# How each model may be asked: by the API's format; by a tool that is forced; by a tool that is asked for in words.
MODELS = ["claude-sonnet-5", "claude-haiku-4-5", "claude-opus-5-5", "claude-haiku-5-5"]
ASKED = [(mode, model) for mode in ("auto", "json_schema", "function_calling") for model in MODELS]
# This model has no output format.
ASKED.remove(("json_schema", "claude-haiku-5-5"))
all_methods = pytest.mark.parametrize("method", ["predict", "apredict", "stream", "astream"])


class Trip(BaseModel):
    """A trip."""

    city: str
    days: int


class Labels(BaseModel):
    """Labels of any name, which the API's own format cannot hold."""

    city: str
    labels: dict[str, str] = Field(default_factory=dict)


def llm_of(endpoint: dict[str, Any], **settings: Any) -> ClaudeFoundry:
    return ClaudeFoundry(**{"model": "claude-sonnet-5", "max_tokens": 2048, **settings}, **endpoint)


async def objects(
    llm: ClaudeFoundry, method: str, cls: Any = Trip, prompt: Any = PROMPT, **llm_kwargs: Any
) -> list[Any]:
    """The objects that a method gives, of a stream all of them."""
    match method:
        case "predict":
            return [llm.structured_predict(cls, prompt, llm_kwargs, city="Paris")]
        case "apredict":
            return [await llm.astructured_predict(cls, prompt, llm_kwargs, city="Paris")]
        case "stream":
            return list(llm.stream_structured_predict(cls, prompt, llm_kwargs, city="Paris"))
    return [grown async for grown in await llm.astream_structured_predict(cls, prompt, llm_kwargs, city="Paris")]


@all_methods
@pytest.mark.parametrize(("mode", "model"), ASKED)
async def test_objects(foundry_endpoint: dict[str, Any], mode: Any, model: str, method: str) -> None:
    """An object comes in each way from each kind of model; in a stream it grows to be whole."""
    got = await objects(llm_of(foundry_endpoint, model=model, structured_mode=mode), method)

    assert got[-1] == Trip(**PARIS)
    for earlier in got[:-1]:
        said = {name: value for name, value in earlier.model_dump().items() if value is not None}
        assert said.keys() <= PARIS.keys()
        assert PARIS["city"].startswith(said.get("city", ""))


@all_methods
async def test_class_that_the_format_cannot_hold(foundry_endpoint: dict[str, Any], method: str) -> None:
    """A class with open objects is asked for by a tool where the mode leaves that open."""
    got = await objects(llm_of(foundry_endpoint), method, Labels)

    assert isinstance(got[-1], Labels)
    assert got[-1].city == "Paris"


@all_methods
async def test_objects_from_what_is_cited(foundry_endpoint: dict[str, Any], method: str) -> None:
    """Over citable passages an object is asked for by a tool: the API takes no format beside citations."""
    passage = CitableBlock(title="Plan", source="plan.txt", content=[TextBlock(text="The trip to Paris lasts 3 days.")])
    prompt = ChatPromptTemplate([user(passage, "What trip to {city} is it, and for how many days, 3 or more?")])

    got = await objects(llm_of(foundry_endpoint), method, prompt=prompt)

    assert got[-1] == Trip(**PARIS)


@all_methods
@pytest.mark.parametrize("mode", ["json_schema", "function_calling"])
async def test_objects_that_are_cut(foundry_endpoint: dict[str, Any], mode: Any, method: str) -> None:
    """An answer that ends before its object does is an error that tells why, with the request's ids."""
    llm = llm_of(foundry_endpoint, structured_mode=mode, thinking=False)

    with pytest.raises(OutputNotParsedError, match="max_tokens") as cut:
        await objects(llm, method, max_tokens=4)

    assert cut.value.message.request_id


# LlamaIndex writes each object by a method that pydantic has deprecated.
@pytest.mark.filterwarnings("ignore::pydantic.PydanticDeprecatedSince20")
@all_ways
async def test_as_structured_llm(foundry_endpoint: dict[str, Any], way: str) -> None:
    """The LLM as one of objects gives the object, and its JSON as the message."""
    structured = llm_of(foundry_endpoint).as_structured_llm(Trip)
    asked = [ChatMessage(role="user", content="A trip to Paris for 3 days.")]

    match way:
        case "chat":
            response = structured.chat(asked)
        case "achat":
            response = await structured.achat(asked)
        case "stream_chat":
            response = list(structured.stream_chat(asked))[-1]
        case _:
            response = [part async for part in await structured.astream_chat(asked)][-1]

    assert response.raw == Trip(**PARIS)
    assert Trip.model_validate_json(str(response.message.content)) == Trip(**PARIS)


@pytest.mark.parametrize("method", ["predict", "apredict"])
async def test_program_mode(foundry_endpoint: dict[str, Any], method: str) -> None:
    """LlamaIndex's word for objects by a tool is followed."""
    got = await objects(llm_of(foundry_endpoint, pydantic_program_mode=PydanticProgramMode.FUNCTION), method)

    assert got == [Trip(**PARIS)]


async def test_system_prompt_goes_before(foundry_endpoint: dict[str, Any]) -> None:
    """The LLM's system prompt goes with a prompt for an object, without an event loop and in one."""
    llm = llm_of(foundry_endpoint, system_prompt="You plan trips.")

    assert await objects(llm, "predict") == await objects(llm, "apredict") == [Trip(**PARIS)]
