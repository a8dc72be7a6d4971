"""Recorded messages of the service, sent back: as they came, and in requests that the service takes."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from claude_foundry import _wire
from claude_foundry._config import Settings, resolve
from claude_foundry._models import known
from claude_foundry.emulator import _checks
from claude_foundry.types import AssistantMessageParam, Message, UnknownBlock, UnknownCitation, UnknownResult
from tests.answers import message
from tests.recorded import exchanges, recorded, told
from tests.types.params import complaints

pytestmark = recorded

ROWS = [*exchanges(stream=False), *exchanges(stream=True)]
CONFIG = resolve(Settings(resource="a", api_key="k"), environ={}, entra_installed=False)
QUESTION = {"model": "claude-opus-4-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]}
# A field of before structured outputs had their name.
NO_LONGER = ("output_format",)
# A field of results that the documentation does not name.
UNDOCUMENTED = "abort_reason"


def answered(row: dict[str, Any]) -> dict[str, Any]:
    """Gives the recorded answer; what arrived of a call that was cut is no field of it."""
    document = told(row)
    return {**document, "content": [without(block, "json") for block in document["content"]]}


def asked(row: dict[str, Any]) -> dict[str, Any]:
    """Gives the recorded question as Foundry takes it: without system messages, and with a toolset for each server."""
    fields = without(row["request"] or QUESTION, "stream", *NO_LONGER)
    kept = [turn for turn in fields["messages"] if turn["role"] != "system"]
    tools = [*fields.get("tools", ())]
    taken = [tool.get("mcp_server_name") for tool in tools]
    names = [server["name"] for server in fields.get("mcp_servers", ())]
    toolsets = [{"type": "mcp_toolset", "mcp_server_name": name} for name in names if name not in taken]
    return {**fields, "messages": kept, **({"tools": [*tools, *toolsets]} if tools or toolsets else {})}


def without(fields: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in names}


def meant(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Gives the blocks that are sent back of a message without nulls: all as they came, but for what is refused."""
    *whole, last = document["content"] or [{"type": "text", "text": ""}]
    is_cut = document["stop_reason"] == "max_tokens" and last["type"] == "tool_use"
    return [uncited(block) for block in (whole if is_cut else [*whole, last]) if block.get("text", "x").strip()]


def uncited(block: dict[str, Any]) -> dict[str, Any]:
    if "citations" not in block or block["type"] != "text":
        return block
    return {**block, "citations": [without(citation, "file_id") for citation in block["citations"]]}


def earlier(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Gives what the model had said before, as answers."""
    turns = (row["request"] or QUESTION)["messages"]
    return [message(*blocks(turn)) for turn in turns if turn["role"] == "assistant"]


def blocks(turn: dict[str, Any]) -> list[dict[str, Any]]:
    content = turn["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def sent(document: dict[str, Any]) -> Any:
    return Message.model_validate(document).to_param()


def gone_on(row: dict[str, Any]) -> dict[str, Any]:
    """Gives the request that follows a recorded answer, all messages of the model in it as they are sent back."""
    answer, fields = Message.model_validate(answered(row)), asked(row)
    before = [sent(message(*blocks(turn))) if turn["role"] == "assistant" else turn for turn in fields["messages"]]
    param = answer.to_param()
    turns = [*before, *([param] if param["content"] else []), *following(answer)]
    container = {"container": answer.container.id} if answer.container else {}
    return {**fields, **container, "messages": turns}


def following(answer: Message) -> Iterator[dict[str, Any]]:
    results = [{"type": "tool_result", "tool_use_id": call.id, "content": "1"} for call in answer.tool_calls]
    # A paused turn goes on as it is.
    if results or answer.stop_reason != "pause_turn":
        yield {"role": "user", "content": results or "Go on."}


def is_on_foundry(row: Any) -> bool:
    return "advisor_2" not in json.dumps(row.values[0]["request"])


@pytest.mark.parametrize("row", ROWS)
def test_recorded_answers_are_sent_back(row: dict[str, Any]) -> None:
    """A recorded answer goes back block by block as it came, but for blank texts and a call that was cut."""
    document = answered(row)

    param = sent(document)

    assert param == {"role": "assistant", "content": meant(document)}
    assert [told for told in complaints(param, AssistantMessageParam) if UNDOCUMENTED not in told] == []


@pytest.mark.parametrize("row", [row for row in ROWS if earlier(row.values[0])])
def test_recorded_turns_are_sent_back(row: dict[str, Any]) -> None:
    """What the model said earlier in a recorded request, read as an answer, goes back as it was sent."""
    for document in earlier(row):
        param = sent(document)

        assert param == {"role": "assistant", "content": meant(document)}
        assert list(complaints(param, AssistantMessageParam)) == []


@pytest.mark.parametrize("row", [row for row in ROWS if is_on_foundry(row)])
def test_recorded_conversations_go_on(row: dict[str, Any]) -> None:
    """The request that follows a recorded answer says what it should on the wire, and the service takes it."""
    request = gone_on(row)

    encoded = _wire.encode(request, path="messages", config=CONFIG)

    assert isinstance(encoded.content, bytes)
    fields = json.loads(encoded.content)
    assert fields == request
    assert _checks.refusal(fields, encoded.headers, model=known(fields["model"]), counting=False) is None


@pytest.mark.parametrize("row", ROWS)
def test_recorded_answers_are_typed(row: dict[str, Any]) -> None:
    """Every block, citation and result of a recorded answer has its model."""
    answer = Message.model_validate(told(row))

    results = [block.content for block in answer.content if hasattr(block, "content")]
    flat = [part for result in results for part in (result if isinstance(result, list) else [result])]
    unknown = (UnknownBlock, UnknownCitation, UnknownResult)
    assert not [part for part in [*answer.content, *answer.citations, *flat] if isinstance(part, unknown)]
