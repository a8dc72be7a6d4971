"""Parsed answers, and what they share with runs of tools, asked of both clients."""

from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from claude_foundry import (
    BadRequestError,
    ConfigurationError,
    OutputNotParsedError,
    ParsedMessage,
    StreamInterruptedError,
)
from tests import answers
from tests.runs import asked, body, iterated, shell_of
from tests.shells import REQUEST, Body, Script, Shell, both

PERSON = answers.message({"type": "text", "text": '{"name": "Ada Lovelace", "age": 36}'})


class Person(BaseModel):
    name: str
    age: int


def double(number: int) -> int:
    """Doubles a number."""
    return 2 * number


def stream_of(*documents: dict[str, Any]) -> list[httpx.Response]:
    return [answers.streamed(answers.pieces_of(document)) for document in documents]


@both
def test_parse(shell: type[Shell]) -> None:
    """The answer comes with its object; the request asked for the object's schema."""
    script = Script(answers.whole(PERSON))

    message = asked(shell_of(shell, script), "parse", output_type=Person, **REQUEST)

    assert message.parsed == Person(name="Ada Lovelace", age=36)
    assert (message.request_id, message.apim_request_id) == ("req_1", "apim-1")
    assert body(script.requests[0])["output_config"]["format"]["schema"]["required"] == ["name", "age"]


@both
def test_parse_by_the_base_model(shell: type[Shell]) -> None:
    """The base model decides what is asked for when the deployment's name does not tell."""
    call = {"type": "tool_use", "id": "toolu_1", "name": "Person", "input": {"name": "Ada Lovelace", "age": 36}}
    script = Script(answers.whole(answers.message(call, stop_reason="tool_use")))
    request = {**REQUEST, "model": "extraction"}

    message = asked(shell_of(shell, script), "parse", output_type=Person, base_model="claude-haiku-5-5", **request)

    assert message.parsed.name == "Ada Lovelace"
    assert [tool["name"] for tool in body(script.requests[0])["tools"]] == ["Person"]
    assert body(script.requests[0])["model"] == "extraction"


def refused(said: str) -> httpx.Response:
    return answers.whole({"type": "error", "error": {"type": "invalid_request_error", "message": said}}, status=400)


NO_FORMAT = "structured_outputs not supported in your workspace."
NO_FORCE = 'tool_choice: type "tool" and "any" are not supported for this model.'
CALL = {"type": "tool_use", "id": "toolu_1", "name": "Person", "input": {"name": "Ada Lovelace", "age": 36}}
CALLED = answers.message(CALL, stop_reason="tool_use")


def ways(script: Script) -> list[str]:
    """Gives how the output was asked for: by the format, or by a tool with a choice of a kind."""
    bodies = [body(request) for request in script.requests]
    return ["format" if "output_config" in sent else sent["tool_choice"]["type"] for sent in bodies]


def on_one_client(asking: Shell) -> Shell:
    client = asking.client()
    asking.client = lambda: client
    return asking


@both
def test_parse_after_a_refused_format(shell: type[Shell]) -> None:
    """A deployment that refuses the API's format is asked by a tool instead, and from then on."""
    script = Script(refused(NO_FORMAT), answers.whole(CALLED), answers.whole(CALLED))
    asking = on_one_client(shell_of(shell, script))
    request = {**REQUEST, "messages": iter(REQUEST["messages"]), "model": "claude-sonnet-5"}

    first = asked(asking, "parse", output_type=Person, **request)
    second = asked(asking, "parse", output_type=Person, **{**REQUEST, "model": "claude-sonnet-5"})

    assert first.parsed == second.parsed == Person(name="Ada Lovelace", age=36)
    assert ways(script) == ["format", "tool", "tool"]
    assert [body(request)["messages"] for request in script.requests] == [REQUEST["messages"]] * 3


@both
def test_parse_after_a_refused_force(shell: type[Shell]) -> None:
    """A deployment that lets no tool be forced is told to call it instead, and from then on."""
    script = Script(refused(NO_FORCE), answers.whole(CALLED), answers.whole(CALLED))
    asking = on_one_client(shell_of(shell, script))
    request = {**REQUEST, "model": "claude-haiku-5-5"}

    found = [asked(asking, "parse", output_type=Person, **request).parsed.name for _ in range(2)]

    assert found == ["Ada Lovelace", "Ada Lovelace"]
    assert ways(script) == ["tool", "auto", "auto"]


@both
def test_parse_of_an_unknown_deployment(shell: type[Shell]) -> None:
    """A deployment of which nothing is known is told to call the tool, and may write the output all the same."""
    script = Script(answers.whole(answers.message({"type": "text", "text": '{"Ada": 36}'})))

    message = asked(shell_of(shell, script), "parse", output_type=dict[str, int], **{**REQUEST, "model": "prod"})

    assert message.parsed == {"Ada": 36}
    assert ways(script) == ["auto"]


@both
def test_parse_that_is_refused_for_another_reason(shell: type[Shell]) -> None:
    """Any other refusal is raised at once."""
    script = Script(refused("max_tokens: too large"))

    with pytest.raises(BadRequestError, match="max_tokens"):
        asked(shell_of(shell, script), "parse", output_type=Person, **REQUEST)

    assert len(script.requests) == 1


@both
def test_parse_stream_after_a_refused_format(shell: type[Shell]) -> None:
    """A stream of an object goes the next way too, before anything of it was given."""
    script = Script(refused(NO_FORMAT), *stream_of(CALLED))
    partials: list[Any] = []

    message = iterated(
        shell_of(shell, script),
        "parse_stream",
        take=partials.append,
        last="get_final_message",
        output_type=Person,
        **{**REQUEST, "model": "claude-sonnet-5"},
    )

    assert message.parsed == Person(name="Ada Lovelace", age=36)
    assert partials[-1] == {"name": "Ada Lovelace", "age": 36}
    assert ways(script) == ["format", "tool"]


@both
@pytest.mark.parametrize("stop_reason", ["refusal", "max_tokens"])
def test_parse_without_output(shell: type[Shell], stop_reason: str) -> None:
    """A refused or cut answer is an error with the message, and is not asked for again."""
    script = Script(answers.whole({**PERSON, "stop_reason": stop_reason}))

    with pytest.raises(OutputNotParsedError) as caught:
        asked(shell_of(shell, script), "parse", output_type=Person, **REQUEST)

    assert (caught.value.stop_reason, caught.value.message.request_id) == (stop_reason, "req_1")
    assert "req_1" in str(caught.value)


@both
def test_parse_stream(shell: type[Shell]) -> None:
    """Partial objects come as they grow, and the validated one at the end."""
    partials: list[Any] = []

    message = iterated(
        shell_of(shell, Script(*stream_of(PERSON))),
        "parse_stream",
        take=partials.append,
        last="get_final_message",
        output_type=Person,
        **REQUEST,
    )

    assert isinstance(message, ParsedMessage)
    assert message.parsed == Person(name="Ada Lovelace", age=36)
    assert partials[0] == {}
    assert {"name": "Ada"} in partials
    assert partials[-1] == {"name": "Ada Lovelace", "age": 36}


@both
def test_parse_stream_is_interrupted(shell: type[Shell]) -> None:
    """A stream that breaks off raises, and its connection is closed."""
    broken = Body([*answers.pieces_of(PERSON)[:12], httpx.ReadError("gone")])
    script = Script(httpx.Response(200, headers=answers.SSE, stream=broken))

    with pytest.raises(StreamInterruptedError):
        iterated(
            shell_of(shell, script),
            "parse_stream",
            take=lambda _: None,
            last="get_final_message",
            output_type=Person,
            **REQUEST,
        )

    assert broken.closed


@both
@pytest.mark.parametrize("method", ["parse_stream", "stream_tools"])
def test_streams_are_closed_when_left(shell: type[Shell], method: str) -> None:
    """Leaving by an exception closes the connection."""
    arriving = Body(answers.pieces_of(PERSON))
    script = Script(httpx.Response(200, headers=answers.SSE, stream=arriving))
    given = {"output_type": Person} if method == "parse_stream" else {"tools": [double]}

    def leave(_: Any) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        iterated(shell_of(shell, script), method, take=leave, last="", **given, **REQUEST)

    assert arriving.closed


@both
@pytest.mark.parametrize("method", ["parse", "parse_stream", "run_tools", "stream_tools"])
@pytest.mark.parametrize("missing", ["model", "max_tokens", "messages"])
def test_missing_fields(shell: type[Shell], method: str, missing: str) -> None:
    """A request that lacks a field is refused before anything is sent."""
    given = {"output_type": Person} if method.startswith("parse") else {"tools": [double]}
    request = {name: value for name, value in REQUEST.items() if name != missing}
    script = Script()

    def send() -> None:
        if "stream" in method:
            iterated(shell_of(shell, script), method, take=lambda _: None, last="", **given, **request)
        else:
            asked(shell_of(shell, script), method, **given, **request)

    with pytest.raises(ConfigurationError, match=missing):
        send()
    assert script.requests == []


@both
@pytest.mark.parametrize(
    ("method", "given"), [("parse_stream", {"output_type": Person}), ("stream_tools", {"tools": []})]
)
def test_streams_are_entered(shell: type[Shell], method: str, given: dict[str, Any]) -> None:
    """A stream that is not entered says how to."""
    client: Any = shell_of(shell, Script()).client()  # type: ignore[attr-defined]
    stream = getattr(client.messages, method)(**given, **REQUEST)

    with pytest.raises(ConfigurationError, match=method):
        iter(stream) if hasattr(stream, "__iter__") else aiter(stream)
