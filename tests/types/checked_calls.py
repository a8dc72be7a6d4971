"""Calls for a type checker, of both clients: runs of tools, typed outputs, files, raw answers, hooks and what is known.

A line that must be refused carries ``# type: ignore[...]``; one that is not needed is itself an error.
"""
# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, assert_type

from pydantic import BaseModel

from claude_foundry import (
    APIError,
    AsyncFoundryClient,
    Conversation,
    FoundryClient,
    FunctionTool,
    RequestInfo,
    ResponseFormatError,
    ResponseInfo,
    StreamInterruptedError,
    Timeout,
    client_tools,
    server_tools,
    tool,
)
from claude_foundry.types import (
    DeletedFile,
    FileMetadata,
    MCPFields,
    Message,
    MessageParam,
    MessageRequest,
    MessageTokensCount,
    ParsedMessage,
    StreamEvent,
    ToolResultBlockParam,
    ToolRun,
    ToolStep,
)

CLIENT = FoundryClient(resource="a", api_key="k")
ASYNC_CLIENT = AsyncFoundryClient(resource="a", api_key="k")
MESSAGES: list[MessageParam] = [{"role": "user", "content": "What is the weather in Bern?"}]


@dataclass
class Weather:
    city: str
    degrees: int


class Forecast(BaseModel):
    days: list[str]


def get_weather(city: str) -> str:
    """Tells the weather."""
    return city


async def ask_weather(city: str) -> str:
    """Tells the weather."""
    return city


def clients() -> None:
    FoundryClient(resource="a", api_key="k", timeout=Timeout(read=60), max_retries=1, default_headers={"x": "y"})
    FoundryClient(resource="a", api_key="k", on_thinking_mismatch="strip")
    FoundryClient(resource="a", api_key="k", on_thinking_mismatch="drop")  # type: ignore[arg-type]
    FoundryClient(resource="a", api_key=5)  # type: ignore[arg-type]
    FoundryClient(resource="a", key="k")  # type: ignore[call-arg]
    AsyncFoundryClient(resource="a", azure_ad_token_provider=5)  # type: ignore[arg-type]
    assert_type(CLIENT.with_options(timeout=5, max_retries=0), FoundryClient)
    assert_type(ASYNC_CLIENT.with_options(timeout=5), AsyncFoundryClient)
    CLIENT.with_options(api_key="k")  # type: ignore[call-arg]


async def plain_question(request: MessageRequest) -> None:
    assert_type(await ASYNC_CLIENT.messages.create(model="d", max_tokens=5, messages=MESSAGES), Message)
    assert_type(await ASYNC_CLIENT.messages.create(**request), Message)
    assert_type(await ASYNC_CLIENT.messages.count_tokens(model="d", messages=MESSAGES), MessageTokensCount)
    await ASYNC_CLIENT.messages.create(model="d", messages=MESSAGES)  # type: ignore[call-arg]
    await ASYNC_CLIENT.messages.create(model="d", max_tokens="5", messages=MESSAGES)  # type: ignore[arg-type]
    async with ASYNC_CLIENT.messages.stream(model="d", max_tokens=5, messages=MESSAGES) as stream:
        async for event in stream:
            assert_type(event, StreamEvent)
        assert_type(await stream.get_final_message(), Message)
        assert_type(stream.terminal, Literal["message_stop", "message_delta"] | None)
    async with AsyncFoundryClient(resource="a", api_key="k") as client:
        print(client.base_url)


def runs_of_tools() -> None:
    run = CLIENT.messages.run_tools(
        tools=[get_weather, tool(get_weather, strict=True), server_tools.web_search()],
        max_turns=3,
        model="d",
        max_tokens=5,
        messages=MESSAGES,
    )
    assert_type(run, ToolRun)
    assert_type(run.final.text, str)
    for step in run.steps:
        assert_type(step.message, Message)
        assert_type([*step.results], list[ToolResultBlockParam])
    asked = Conversation("What is the weather in Bern?")
    asked.add_answer(run.steps[0].message)
    asked.add_tool_results(run.steps[0].results)
    CLIENT.messages.create(model="d", max_tokens=5, messages=[*run.messages, {"role": "user", "content": "And now?"}])
    CLIENT.messages.run_tools(model="d", max_tokens=5, messages=MESSAGES)  # type: ignore[call-arg]
    CLIENT.messages.run_tools(tools=[5], model="d", max_tokens=5, messages=MESSAGES)  # type: ignore[list-item]
    CLIENT.messages.run_tools(tools=[tool], max_turn=3, model="d", max_tokens=5, messages=MESSAGES)  # type: ignore[call-arg]


def streamed_runs() -> None:
    with CLIENT.messages.stream_tools(tools=[get_weather], model="d", max_tokens=5, messages=MESSAGES) as run:
        for item in run:
            if isinstance(item, ToolStep):
                print(item.message.text)
            else:
                assert_type(item, StreamEvent)
        assert_type(run.get_final_run(), ToolRun)
    CLIENT.messages.stream_tools(tools=[get_weather], model="d", messages=MESSAGES)  # type: ignore[call-arg]


async def async_runs() -> None:
    tools = [get_weather, ask_weather]
    run = await ASYNC_CLIENT.messages.run_tools(tools=tools, model="d", max_tokens=5, messages=MESSAGES)
    assert_type(run, ToolRun)
    async with ASYNC_CLIENT.messages.stream_tools(tools=tools, model="d", max_tokens=5, messages=MESSAGES) as running:
        async for item in running:
            assert_type(item, StreamEvent | ToolStep)
        assert_type(await running.get_final_run(), ToolRun)
    await ASYNC_CLIENT.messages.run_tools(tools=tools, model="d", max_tokens=5)  # type: ignore[call-arg]


def tools_by_hand() -> None:
    weather = tool(get_weather)
    assert_type(weather, FunctionTool)
    CLIENT.messages.create(model="d", max_tokens=5, messages=MESSAGES, tools=[weather.definition])
    print(weather.definition["name"], weather.definition["input_schema"])
    CLIENT.messages.create(model="d", max_tokens=5, messages=MESSAGES, tools=[weather])  # type: ignore[list-item]


@tool
def decorated(city: str) -> str:
    """Tells the weather."""
    return city


@tool(name="forecast", strict=True)
async def decorated_with_fields(city: str) -> str:
    """Tells the weather of tomorrow."""
    return city


def tools_by_decorator() -> None:
    assert_type([decorated, decorated_with_fields], list[FunctionTool])
    CLIENT.messages.run_tools(tools=[decorated], model="d", max_tokens=5, messages=MESSAGES)
    tool(5)  # type: ignore[call-overload]
    tool("get_weather")  # type: ignore[call-overload]


class Editor:
    def view(self, path: str, view_range: list[int] | None = None) -> str:
        return path


def tools_with_handlers() -> None:
    tools = [
        client_tools.memory_tool(client_tools.FolderMemory("memory")),
        client_tools.text_editor_tool(Editor(), max_characters=9),
        client_tools.bash_tool(get_weather),
        client_tools.computer_tool(Editor(), display_width_px=9, display_height_px=9),
    ]
    assert_type(tools, list[FunctionTool])
    CLIENT.messages.run_tools(tools=tools, model="d", max_tokens=5, messages=MESSAGES)
    client_tools.bash_tool("ls")  # type: ignore[arg-type]
    client_tools.computer_tool(Editor(), display_width_px=9)  # type: ignore[call-arg]


def remote_tools() -> None:
    docs = server_tools.mcp("docs", url="https://docs.example.com/mcp", only=["search"])
    assert_type(docs, MCPFields)
    CLIENT.messages.create(model="d", max_tokens=5, messages=MESSAGES, **docs)
    CLIENT.messages.create(model="d", max_tokens=5, messages=MESSAGES, mcp_servers=docs["mcp_servers"])
    both = server_tools.joined(docs, {"tools": [server_tools.web_search()]})
    CLIENT.messages.create(model="d", max_tokens=5, messages=MESSAGES, **both)
    server_tools.mcp("docs")  # type: ignore[call-arg]
    server_tools.mcp("docs", url="https://docs.example.com/mcp", only=5)  # type: ignore[arg-type]
    server_tools.tool_search("words")  # type: ignore[arg-type]


def outputs(request: MessageRequest) -> None:
    assert_type(CLIENT.messages.parse(output_type=Weather, **request), ParsedMessage[Weather])
    assert_type(CLIENT.messages.parse(output_type=Weather, **request).parsed.degrees, int)
    assert_type(CLIENT.messages.parse(output_type=list[int], base_model="m", **request).parsed, list[int])
    with CLIENT.messages.parse_stream(output_type=Forecast, **request) as stream:
        for partial in stream:
            print(partial)
        assert_type(stream.get_final_message().parsed, Forecast)
    tools = [server_tools.web_search()]
    found = CLIENT.messages.parse(output_type=Forecast, model="d", max_tokens=5, messages=MESSAGES, tools=tools)
    assert_type(found, ParsedMessage[Forecast])
    CLIENT.messages.parse(**request)  # type: ignore[call-overload]
    CLIENT.messages.parse(output_type=Weather, model="d", messages=MESSAGES)  # type: ignore[call-overload]


async def async_outputs(request: MessageRequest) -> None:
    assert_type(await ASYNC_CLIENT.messages.parse(output_type=Weather, **request), ParsedMessage[Weather])
    async with ASYNC_CLIENT.messages.parse_stream(output_type=Weather, **request) as stream:
        async for partial in stream:
            print(partial)
        assert_type((await stream.get_final_message()).parsed, Weather)


def files() -> None:
    stored = CLIENT.files.upload(Path("a.pdf"), on_progress=lambda sent, total: print(sent, total))
    assert_type(stored, FileMetadata)
    CLIENT.files.upload(b"abc", filename="a.txt", content_type="text/plain")
    assert_type(CLIENT.files.list(limit=5), Iterator[FileMetadata])
    assert_type(CLIENT.files.metadata(stored.id).size_bytes, int)
    assert_type(CLIENT.files.download(stored.id), bytes)
    assert_type(CLIENT.files.delete(stored.id), DeletedFile)
    CLIENT.files.upload(5)  # type: ignore[arg-type]
    CLIENT.files.download(stored)  # type: ignore[arg-type]
    CLIENT.files.list(limit="5")  # type: ignore[arg-type]


async def async_files() -> None:
    stored = await ASYNC_CLIENT.files.upload("a.pdf")
    assert_type(stored, FileMetadata)
    assert_type(ASYNC_CLIENT.files.list(), AsyncIterator[FileMetadata])
    assert_type(await ASYNC_CLIENT.files.download(stored.id), bytes)
    await ASYNC_CLIENT.files.download_to(stored.id, Path("a.pdf"))
    await ASYNC_CLIENT.files.delete()  # type: ignore[call-arg]


def raw_answers() -> None:
    raw = CLIENT.messages.with_raw_response.create(model="d", max_tokens=5, messages=MESSAGES)
    assert_type(raw.parse(), Message)
    assert_type(raw.status_code, int)
    print(raw.headers["request-id"])
    counted = CLIENT.messages.with_raw_response.count_tokens(model="d", messages=MESSAGES)
    assert_type(counted.parse(), MessageTokensCount)
    assert_type(CLIENT.files.with_raw_response.metadata("file_1").parse(), FileMetadata)
    assert_type(CLIENT.files.with_raw_response.download("file_1").parse(), bytes)
    CLIENT.files.with_raw_response.metadata()  # type: ignore[call-arg]
    assert_type(CLIENT.request("GET", "v1/skills", params={"limit": 5}).parse(), Any)
    CLIENT.request("POST", "v1/skills", json={"name": "a"}, headers={"x": "y"}, timeout=5)
    CLIENT.messages.with_raw_response.create(model="d", messages=MESSAGES)  # type: ignore[call-arg]
    CLIENT.request("GET")  # type: ignore[call-arg]
    CLIENT.request("GET", "v1/skills", content=5)  # type: ignore[arg-type]


async def async_raw_answers() -> None:
    raw = await ASYNC_CLIENT.messages.with_raw_response.create(model="d", max_tokens=5, messages=MESSAGES)
    assert_type(raw.parse(), Message)
    assert_type((await ASYNC_CLIENT.files.with_raw_response.delete("file_1")).parse(), DeletedFile)
    answer = await ASYNC_CLIENT.request("GET", "v1/skills")
    assert_type(answer.parse(), Any)
    await ASYNC_CLIENT.request("GET", "v1/skills", query={})  # type: ignore[call-arg]


def before(request: RequestInfo) -> None:
    print(request.method, request.path, request.attempt, request.model, request.headers.get("x"))


def after(response: ResponseInfo) -> None:
    print(response.status_code, response.elapsed, response.request.attempt, response.retry_delay, response.retry_budget)


def failed(error: APIError | ResponseFormatError, cut: StreamInterruptedError) -> None:
    assert_type(error.attempts, tuple[ResponseInfo, ...])
    assert_type(cut.events, int)


async def after_a_while(response: ResponseInfo) -> None:
    after(response)


def hooks() -> None:
    FoundryClient(resource="a", api_key="k", on_request=before, on_response=after)
    AsyncFoundryClient(resource="a", api_key="k", on_request=before, on_response=after_a_while)
    FoundryClient(resource="a", api_key="k", on_request=after)  # type: ignore[arg-type]
    FoundryClient(resource="a", api_key="k", on_response="print")  # type: ignore[arg-type]


def what_is_known() -> None:
    known = CLIENT.capabilities("my-deployment", base_model="claude-opus-5-5")
    assert_type(known.has("code_execution"), bool | None)
    assert_type(known.model.max_output_tokens, int)
    assert_type(known.model.efforts, tuple[str, ...])
    assert_type(ASYNC_CLIENT.capabilities("d").hosting, str | None)
    CLIENT.capabilities()  # type: ignore[call-arg]
    CLIENT.capabilities("d").has(5)  # type: ignore[arg-type]
