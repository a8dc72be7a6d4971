"""Files in messages."""

import json
from typing import Any

import pytest

from claude_foundry.emulator._files import StoredFile
from claude_foundry.emulator._respond import State

from . import web, wire

BETA = {"anthropic-beta": "files-api-2025-04-14"}
TEXT = b"The lamp turns once in ten seconds. The tower is white."
PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)


def state() -> State:
    state = State()
    for name, kind, content in (
        ("file_text", "text/plain", TEXT),
        ("file_png", "image/png", PNG),
        ("file_zip", "application/zip", b"PK"),
    ):
        state.files.files[name] = StoredFile(metadata={"id": name, "mime_type": kind}, content=content)
    return state


def source(kind: str, file: str, **fields: Any) -> dict[str, Any]:
    return {"type": kind, "source": {"type": "file", "file_id": file}, **fields}


def fields(**more: Any) -> dict[str, Any]:
    return {"model": web.HOSTED_ON_ANTHROPIC, "headers": BETA, "state": state(), **more}


def test_a_document_is_read() -> None:
    """The text of a file is found, cited with the file's id, and counted."""
    document = source("document", "file_text", citations={"enabled": True})
    answer = wire.answer(wire.user([document, {"type": "text", "text": "How fast does the lamp turn?"}]), **fields())
    text = answer["content"][0]
    assert text["text"] == "The lamp turns once in ten seconds."
    assert (text["citations"][0]["file_id"], text["citations"][0]["type"]) == ("file_text", "char_location")
    assert answer["usage"]["input_tokens"] > 20


def test_an_image_is_seen() -> None:
    """The image of a file is told of like one that was sent."""
    assert "image (image/png, 24 bytes)" in wire.text(wire.user([source("image", "file_png")]), **fields())


def test_a_file_in_a_result() -> None:
    """A tool's result may hold a file, too."""
    result = {**wire.RESULT, "content": [source("document", "file_text")]}
    history = [wire.user("What colour is the tower?"), wire.assistant([wire.CALL]), wire.user([result])]
    assert wire.text(*history, tools=[wire.WEATHER], **fields()) == "The tower is white."


def test_a_file_is_counted() -> None:
    """Counting reads the file as answering does."""
    question = wire.user([source("document", "file_text")])
    reply = wire.send(question, path="/anthropic/v1/messages/count_tokens", **fields(max_tokens=None))
    assert isinstance(reply.body, bytes)
    counted = json.loads(reply.body)["input_tokens"]
    assert counted == wire.answer(question, **fields())["usage"]["input_tokens"]


def test_an_upload_to_the_container() -> None:
    """A file for the container makes code execution read it, which is unavailable."""
    upload = {"type": "container_upload", "file_id": "file_zip"}
    tool = {"type": "code_execution_20260120", "name": "code_execution"}
    answer = wire.answer(wire.user([upload, {"type": "text", "text": "What is in it?"}]), **fields(tools=[tool]))
    assert web.block(answer, "bash_code_execution_tool_result")["content"]["error_code"] == "unavailable"


@pytest.mark.parametrize(
    ("block", "more", "status", "said"),
    [
        (source("document", "file_none"), {}, 404, "File not found: file_none"),
        ({"type": "container_upload", "file_id": "file_none"}, {}, 404, "File not found: file_none"),
        (source("document", "file_text"), {"headers": {}}, 400, "need the header `anthropic-beta: files-api-"),
        (source("image", "file_text"), {}, 400, "a file of type text/plain cannot be used in `image` blocks"),
        (source("document", "file_zip"), {}, 400, "a file of type application/zip cannot be used in `document`"),
        (source("document", "file_text"), {"model": "claude-opus-5"}, 400, "features are not available"),
    ],
)
def test_files_that_are_refused(block: dict[str, Any], more: dict[str, Any], status: int, said: str) -> None:
    """A file must be there, be of a kind that its block can read, and be asked for where files are."""
    reply = wire.send(wire.user([block]), **fields(**more))
    assert isinstance(reply.body, bytes)
    assert reply.status == status
    assert said in json.loads(reply.body)["error"]["message"]
