"""Tools that the caller runs, skills, and how calls are made, against recorded traffic."""

import base64
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool

from claude_foundry import server_tools
from claude_foundry.langchain import ChatClaudeFoundry
from tests.langchain.cassette_ways import answered, blocks, every_way, whole_and_streamed
from tests.langchain.test_standard import PIXEL

# Deployments of this model are hosted on Anthropic, where every one of these tools is.
MODEL = "claude-sonnet-4-6"
pytestmark = pytest.mark.vcr
SCREEN = server_tools.computer(display_width_px=800, display_height_px=600)
BOTH = "What is the weather in Oslo, and what is the time in Rome?"


@pytest.fixture
def llm(foundry_endpoint: dict[str, Any]) -> ChatClaudeFoundry:
    return ChatClaudeFoundry(model=MODEL, max_tokens=1000, **foundry_endpoint)


async def called_and_answered(bound: Any, way: str, question: str, result: Any) -> tuple[dict[str, Any], AIMessage]:
    """The one call that a question leads to, and what is answered to its result."""
    called = await answered(bound, way, [HumanMessage(question)])
    [call] = called.tool_calls
    told = ToolMessage(result, tool_call_id=call["id"])
    return dict(call), await answered(bound, way, [HumanMessage(question), called, told])


@whole_and_streamed
async def test_bash(llm: ChatClaudeFoundry, way: str) -> None:
    """A command is given to run, and what it wrote is answered."""
    bound = llm.bind_tools([server_tools.bash()])

    call, answer = await called_and_answered(bound, way, 'Run the bash command "uname -s".', "Linux")

    assert (call["name"], call["args"]) == ("bash", {"command": "uname -s"})
    assert "Linux" in answer.text


@whole_and_streamed
async def test_text_editor(llm: ChatClaudeFoundry, way: str) -> None:
    """A file is asked for by its path, and its text is answered."""
    bound = llm.bind_tools([server_tools.text_editor(max_characters=1000)])
    question = 'View "/srv/lamp.txt" with str_replace_based_edit_tool and say what it says.'

    call, answer = await called_and_answered(bound, way, question, "1\tThe lamp turns once in ten seconds.")

    assert call["name"] == "str_replace_based_edit_tool"
    assert call["args"] == {"command": "view", "path": "/srv/lamp.txt"}
    assert "ten seconds" in answer.text


@whole_and_streamed
async def test_computer(llm: ChatClaudeFoundry, way: str) -> None:
    """A screenshot is asked for, and given as an image."""
    picture = {"type": "image", "base64": base64.b64encode(PIXEL).decode(), "mime_type": "image/png"}

    call, answer = await called_and_answered(
        llm.bind_tools([SCREEN]), way, "Take a screenshot of the computer and say what you see.", [picture]
    )

    assert (call["name"], call["args"]) == ("computer", {"action": "screenshot"})
    assert answer.text


@every_way
async def test_skills(llm: ChatClaudeFoundry, way: str) -> None:
    """A container has the skills that it is asked for, and the answer tells where it is."""
    equipped = llm.model_copy(update={"container": server_tools.skills("xlsx")})
    bound = equipped.bind_tools([server_tools.code_execution()])

    answer = await answered(bound, way, "Run Python code that adds 2 and 3.")

    container = answer.response_metadata["container"]
    assert container["id"]
    assert [skill["skill_id"] for skill in container["skills"]] == ["xlsx"]
    assert blocks(answer, "server_tool_use")


def get_weather(city: str) -> str:
    """Gives the weather of a city."""
    return f"12 degrees and rain in {city}"


def get_time(city: str) -> str:
    """Gives the time in a city."""
    return f"It is noon in {city}"


@whole_and_streamed
@pytest.mark.parametrize(("allowed", "most"), [(None, 2), (True, 2), (False, 1)])
async def test_parallel_calls(llm: ChatClaudeFoundry, allowed: Any, most: int, way: str) -> None:
    """Several calls come in one answer, and one at a time where that is asked for."""
    bound = llm.bind_tools([get_weather, get_time], parallel_tool_calls=allowed)

    answer = await answered(bound, way, [HumanMessage(BOTH)])

    called = [(call["name"], call["args"]) for call in answer.tool_calls]
    assert called == [("get_weather", {"city": "Oslo"}), ("get_time", {"city": "Rome"})][:most]


@every_way
async def test_arguments_as_they_are_written(llm: ChatClaudeFoundry, way: str) -> None:
    """Arguments that are streamed without waiting for valid JSON make the same call."""
    bound = llm.bind_tools([tool(get_weather, extras={"eager_input_streaming": True})])

    answer = await answered(bound, way, "What is the weather in Oslo?")

    assert [(call["name"], call["args"]) for call in answer.tool_calls] == [("get_weather", {"city": "Oslo"})]
    assert answer.invalid_tool_calls == []
