"""The emulator as an httpx transport: no server, no socket."""

from collections.abc import AsyncIterator, Iterator, Mapping

import httpx

from claude_foundry.emulator._mcp import Functions
from claude_foundry.emulator._respond import Reply, State, respond
from claude_foundry.emulator._settings import resources
from claude_foundry.errors import ConfigurationError


class EmulatorTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answers the requests of an httpx client in process, streams chunk by chunk.

    Args:
        state: of the emulator that answers; a new one by default. The other settings are for a new one.
        pages: the web that ``web_search`` and ``web_fetch`` see: texts or HTML, by address. Without them both answer
            that they are unavailable.
        mcp_functions: plain functions that stand for an MCP server, by the name that requests give it.
        max_server_steps: most steps of the service's own tools in one answer, before it ends with ``pause_turn``.
            Default: 10, as the service.

    Raises:
        ConfigurationError: a setting cannot be used, or stands beside ``state``.

    Example:
        ``FoundryClient(resource="local", api_key="emulator", http_client=httpx.Client(transport=EmulatorTransport()))``
    """

    def __init__(
        self,
        state: State | None = None,
        *,
        pages: Mapping[str, str] | None = None,
        mcp_functions: Functions | None = None,
        max_server_steps: int | None = None,
    ) -> None:
        if state is not None and (pages or mcp_functions or max_server_steps is not None):
            raise ConfigurationError(
                "state has its own pages, mcp_functions and max_server_steps: give one or the other."
            )
        given = resources(pages=pages, mcp_functions=mcp_functions, max_server_steps=max_server_steps)
        self._state = state or State(resources=given)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answers a request of a synchronous client."""
        return self._answered(request, request.read())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answers a request of an asynchronous client."""
        return self._answered(request, await request.aread())

    def _answered(self, request: httpx.Request, body: bytes) -> httpx.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        query = request.url.query.decode()
        reply = respond(request.method, request.url.path, headers, body, state=self._state, query=query)
        return httpx.Response(reply.status, headers=reply.headers, stream=_Chunks(reply), request=request)


class _Chunks(httpx.SyncByteStream, httpx.AsyncByteStream):
    def __init__(self, reply: Reply) -> None:
        self._chunks = [reply.body] if isinstance(reply.body, bytes) else reply.body

    def __iter__(self) -> Iterator[bytes]:
        yield from self._chunks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk
