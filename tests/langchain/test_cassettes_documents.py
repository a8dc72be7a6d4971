"""Images, documents, files and citations against recorded traffic."""

import base64
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool

from claude_foundry.langchain import ChatClaudeFoundry
from tests.langchain.cassette_ways import answered, citations, every_way, whole_and_streamed
from tests.langchain.test_standard import PAGE, PIXEL

pytestmark = pytest.mark.vcr
MANUAL = "The lamp turns once in ten seconds. The tower is white."
ASKED = "In how many seconds does the lamp turn once?"
SHOWN = "What do you see?"
PNG, PDF = base64.b64encode(PIXEL).decode(), base64.b64encode(PAGE).decode()


@pytest.fixture
def llm(foundry_endpoint: dict[str, Any]) -> ChatClaudeFoundry:
    # A deployment that is hosted on Anthropic has the Files API.
    return ChatClaudeFoundry(model="claude-sonnet-4-6", max_tokens=500, **foundry_endpoint)


def human(*parts: Any) -> HumanMessage:
    return HumanMessage([{"type": "text", "text": part} if isinstance(part, str) else part for part in parts])


IMAGES: dict[str, dict[str, Any]] = {
    "standard": {"type": "image", "base64": PNG, "mime_type": "image/png"},
    "standard url": {"type": "image", "url": "https://example.com/lamp.png"},
    "openai": {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
    "anthropic": {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
}
PDFS: dict[str, dict[str, Any]] = {
    "standard": {"type": "file", "base64": PDF, "mime_type": "application/pdf"},
    "standard url": {"type": "file", "url": "https://example.com/plan.pdf"},
    "anthropic": {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": PDF}},
}


@whole_and_streamed
@pytest.mark.parametrize("form", IMAGES)
async def test_images(llm: ChatClaudeFoundry, form: str, way: str) -> None:
    """An image is seen, in each form that it may be written in."""
    answer = await answered(llm, way, [human(SHOWN, IMAGES[form])])

    assert "image" in answer.text


@whole_and_streamed
@pytest.mark.parametrize("form", PDFS)
async def test_pdfs(llm: ChatClaudeFoundry, form: str, way: str) -> None:
    """A PDF is read, in each form that it may be written in."""
    answer = await answered(llm, way, [human(SHOWN, PDFS[form])])

    assert "document" in answer.text


@tool
def look_up_manual(subject: str) -> str:
    """Looks up the manual of a lighthouse."""
    return subject


@whole_and_streamed
async def test_what_a_tool_shows(llm: ChatClaudeFoundry, way: str) -> None:
    """Images and documents in a tool's message are seen and read."""
    bound = llm.bind_tools([look_up_manual])
    asked = HumanMessage("Use look_up_manual for 'lamp': in how many seconds does the lamp turn once?")
    called = await answered(bound, way, [asked])
    shown = [IMAGES["standard"], {"type": "text-plain", "text": MANUAL, "mime_type": "text/plain"}, PDFS["standard"]]
    found = ToolMessage(shown, tool_call_id=called.tool_calls[0]["id"])

    answer = await answered(bound, way, [asked, called, found])

    assert "ten seconds" in answer.text


@every_way
async def test_files_by_id(llm: ChatClaudeFoundry, way: str) -> None:
    """A file that was uploaded is named by its id, and read."""
    file = llm.client.files.upload(MANUAL.encode(), filename="manual.txt", content_type="text/plain")

    answer = await answered(llm, way, [human({"type": "file", "file_id": file.id}, ASKED)])
    llm.client.files.delete(file.id)

    assert "ten seconds" in answer.text


DOCUMENTS: dict[str, dict[str, Any]] = {
    "text": {
        "type": "document",
        "source": {"type": "text", "media_type": "text/plain", "data": MANUAL},
        "title": "Manual",
        "citations": {"enabled": True},
    },
    "passages": {
        "type": "document",
        "source": {"type": "content", "content": [{"type": "text", "text": MANUAL}]},
        "title": "Manual",
        "citations": {"enabled": True},
    },
    "standard": {
        "type": "text-plain",
        "text": MANUAL,
        "mime_type": "text/plain",
        "title": "Manual",
        "extras": {"citations": {"enabled": True}},
    },
    "search result": {
        "type": "search_result",
        "source": "manual.txt",
        "title": "Manual",
        "content": [{"type": "text", "text": MANUAL}],
        "citations": {"enabled": True},
    },
}


@every_way
@pytest.mark.parametrize("form", DOCUMENTS)
async def test_citations(llm: ChatClaudeFoundry, form: str, way: str) -> None:
    """An answer cites what it rests on; the answer can be gone on from."""
    asked = human(DOCUMENTS[form], ASKED)

    answer = await answered(llm, way, [asked])
    again = await answered(llm, way, [asked, answer, HumanMessage("And what colour is the tower?")])

    assert "ten seconds" in answer.text
    [note] = citations(answer)
    assert (note["type"], note["title"]) == ("citation", "Manual")
    assert "ten seconds" in note["cited_text"]
    assert "white" in again.text


@whole_and_streamed
async def test_citations_of_a_tools_result(llm: ChatClaudeFoundry, way: str) -> None:
    """What a tool found is cited."""
    called = AIMessage("", tool_calls=[{"id": "toolu_1", "name": "look_up_manual", "args": {"subject": "lamp"}}])
    found = ToolMessage([DOCUMENTS["search result"]], tool_call_id="toolu_1")

    answer = await answered(llm.bind_tools([look_up_manual]), way, [HumanMessage(ASKED), called, found])

    assert [note["title"] for note in citations(answer)] == ["Manual"]


@whole_and_streamed
async def test_citations_of_a_file(llm: ChatClaudeFoundry, way: str) -> None:
    """An uploaded file is cited where its block asks for it."""
    file = llm.client.files.upload(MANUAL.encode(), filename="manual.txt", content_type="text/plain")
    stored = {
        "type": "document",
        "source": {"type": "file", "file_id": file.id},
        "title": "Manual",
        "citations": {"enabled": True},
    }

    answer = await answered(llm, way, [human(stored, ASKED)])
    llm.client.files.delete(file.id)

    assert [note["title"] for note in citations(answer)] == ["Manual"]
