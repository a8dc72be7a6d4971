"""Images, documents, files and citations against recorded traffic."""

import base64
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.base.llms.types import (
    ChatMessage,
    CitableBlock,
    CitationBlock,
    DocumentBlock,
    ImageBlock,
    TextBlock,
    ToolCallBlock,
)
from llama_index.core.tools import FunctionTool

from claude_foundry import content
from claude_foundry.llamaindex import ClaudeFoundry, content_block
from tests.llamaindex.cassette_ways import all_ways, answered, checked, user, whole_and_streamed
from tests.media import PAGE, PIXELS

pytestmark = pytest.mark.vcr
MANUAL = "The lamp turns once in ten seconds. The tower is white."
ASKED = "In how many seconds does the lamp turn once?"
SHOWN = "What do you see?"
# A deployment that is hosted on Anthropic has the Files API.
WITH_FILES = "claude-sonnet-4-6"


@pytest.fixture
def llm(foundry_endpoint: dict[str, Any]) -> ClaudeFoundry:
    return ClaudeFoundry(model=WITH_FILES, max_tokens=500, **foundry_endpoint)


def cited(response: Any) -> list[CitationBlock]:
    return [block for block in response.message.blocks if isinstance(block, CitationBlock)]


def picture(kind: str, folder: Path) -> ImageBlock:
    file = folder / "pixels.png"
    file.write_bytes(PIXELS)
    encoded = base64.b64encode(PIXELS)
    return {
        "bytes": ImageBlock(image=PIXELS),
        "base64": ImageBlock(image=encoded),
        "path": ImageBlock(path=file),
        "data url": ImageBlock(url=f"data:image/png;base64,{encoded.decode()}"),
        "url": ImageBlock(url="https://example.com/lamp.png"),
    }[kind]


def paper(kind: str, folder: Path) -> DocumentBlock:
    file = folder / "page.pdf"
    file.write_bytes(PAGE)
    return {
        "bytes": DocumentBlock(data=PAGE, title="Plan"),
        "path": DocumentBlock(path=file, title="Plan"),
        "url": DocumentBlock(url="https://example.com/plan.pdf", title="Plan"),
    }[kind]


@whole_and_streamed
@pytest.mark.parametrize("kind", ["bytes", "base64", "path", "data url", "url"])
async def test_images(llm: ClaudeFoundry, kind: str, way: str, tmp_path: Path) -> None:
    """An image is seen, wherever its bytes are."""
    answer = await answered(llm, [user(SHOWN, picture(kind, tmp_path))], way)

    assert "image" in (answer.message.content or "")


@whole_and_streamed
@pytest.mark.parametrize("kind", ["bytes", "path", "url"])
async def test_pdfs(llm: ClaudeFoundry, kind: str, way: str, tmp_path: Path) -> None:
    """A PDF is read, wherever its bytes are."""
    answer = await answered(llm, [user(SHOWN, paper(kind, tmp_path))], way)

    assert "document" in (answer.message.content or "")


@whole_and_streamed
async def test_texts(llm: ClaudeFoundry, way: str, tmp_path: Path) -> None:
    """A text document answers a question, and is not cited where that is not asked for."""
    file = tmp_path / "manual.md"
    file.write_text(MANUAL, encoding="utf-8")

    answer = await answered(llm, [user(DocumentBlock(path=file), ASKED)], way)

    assert "ten seconds" in (answer.message.content or "")
    assert cited(answer) == []


def look_up_manual(subject: str) -> str:
    """Looks up the manual of a lighthouse."""
    return subject


@pytest.mark.parametrize("is_streamed", [False, True])
async def test_what_a_tool_shows(llm: ClaudeFoundry, is_streamed: bool) -> None:
    """Images and documents of a tool's result are seen and read."""
    tools = [FunctionTool.from_defaults(look_up_manual)]
    asked = user("Use look_up_manual for 'lamp': in how many seconds does the lamp turn once?")
    called = await llm.achat_with_tools(tools, user_msg=asked)
    [call] = llm.get_tool_calls_from_response(called)
    shown = [
        TextBlock(text="Here it is:"),
        ImageBlock(image=PIXELS),
        DocumentBlock(data=MANUAL.encode(), document_mimetype="text/plain"),
    ]
    found = ChatMessage(role="tool", blocks=shown, additional_kwargs={"tool_call_id": call.tool_id})
    history = [asked, called.message, found]

    if is_streamed:
        answer = [part async for part in await llm.astream_chat_with_tools(tools, chat_history=history)][-1]
    else:
        answer = llm.chat_with_tools(tools, chat_history=history)

    assert "ten seconds" in checked(answer).message.content


@all_ways
async def test_files_by_id(llm: ClaudeFoundry, way: str) -> None:
    """A file that was uploaded is named by its id, and read."""
    file = llm.client.files.upload(MANUAL.encode(), filename="manual.txt", content_type="text/plain")
    stored = content_block(content.uploaded(file.id, kind="document"))

    answer = await answered(llm, [user(stored, ASKED)], way)
    llm.client.files.delete(file.id)

    assert "ten seconds" in (answer.message.content or "")


def test_counts(llm: ClaudeFoundry, tmp_path: Path) -> None:
    """Tokens are counted of words, of images and of tools, and nothing is generated."""

    def turn_lamp(seconds: int) -> int:
        """Turns the lamp for some seconds."""
        return seconds

    words = llm.count_tokens(ASKED)
    seen = llm.count_tokens([user(ASKED, picture("bytes", tmp_path))])
    equipped = llm.count_tokens(ASKED, tools=[FunctionTool.from_defaults(turn_lamp)])

    assert 0 < words < min(seen, equipped)


async def test_counts_in_a_loop(llm: ClaudeFoundry) -> None:
    """Tokens are counted in an event loop, too."""
    assert 0 < await llm.acount_tokens("Hello") < await llm.acount_tokens(ASKED)


CITABLE = {
    "text document": CitableBlock(
        title="Manual",
        source="manual.txt",
        content=[DocumentBlock(data=MANUAL.encode(), document_mimetype="text/plain")],
    ),
    "passages with a picture": CitableBlock(
        title="Manual", source="manual.txt", content=[TextBlock(text=MANUAL), ImageBlock(image=PIXELS)]
    ),
    "search result": CitableBlock(title="Manual", source="manual.txt", content=[TextBlock(text=MANUAL)]),
}
PLACES = {
    "text document": {"document_index", "start_char_index", "end_char_index"},
    "passages with a picture": {"document_index", "start_block_index", "end_block_index"},
    "search result": {"search_result_index", "start_block_index", "end_block_index"},
}


@all_ways
@pytest.mark.parametrize("kind", CITABLE)
async def test_citations(llm: ClaudeFoundry, kind: str, way: str) -> None:
    """An answer cites what it rests on, with its place there; the answer can be gone on from."""
    asked = user(CITABLE[kind], ASKED)

    answer = await answered(llm, [asked], way)
    again = await answered(llm, [asked, answer.message, user("And what colour is the tower?")], way)

    assert "ten seconds" in (answer.message.content or "")
    [citation] = cited(answer)
    assert citation.title == "Manual"
    assert "ten seconds" in citation.cited_content.text
    assert set(citation.additional_location_info) == PLACES[kind]
    assert "white" in (again.message.content or "")


@whole_and_streamed
async def test_citations_of_a_tools_result(llm: ClaudeFoundry, way: str) -> None:
    """What a tool found is cited."""
    call = ToolCallBlock(tool_call_id="toolu_1", tool_name="search", tool_kwargs={"query": "lamp"})
    called = ChatMessage(role="assistant", blocks=[call])
    found = ChatMessage(role="tool", blocks=[CITABLE["search result"]], additional_kwargs={"tool_call_id": "toolu_1"})

    answer = await answered(llm, [user(ASKED), called, found], way)

    assert [(block.title, block.source) for block in cited(answer)] == [("Manual", "manual.txt")]


@whole_and_streamed
async def test_citations_of_a_file(llm: ClaudeFoundry, way: str) -> None:
    """An uploaded file is cited where its block asks for it."""
    file = llm.client.files.upload(MANUAL.encode(), filename="manual.txt", content_type="text/plain")
    stored = content_block(
        {**content.uploaded(file.id, kind="document"), "title": "Manual", "citations": {"enabled": True}}
    )

    answer = await answered(llm, [user(stored, ASKED)], way)
    llm.client.files.delete(file.id)

    assert [block.title for block in cited(answer)] == ["Manual"]
