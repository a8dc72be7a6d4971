"""The emulator as an httpx transport: no server, no socket."""

from collections.abc import AsyncIterator, Iterator

import httpx

from claude_foundry.emulator._respond import Reply, State, respond


class EmulatorTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answers the requests of an httpx client in process, streams chunk by chunk.

    Args:
        state: of the emulator that answers; a new one by default.

    Example:
        ``FoundryClient(resource="local", api_key="emulator", http_client=httpx.Client(transport=EmulatorTransport()))``
    """

    def __init__(self, state: State | None = None) -> None:
        self._state = state or State()

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
