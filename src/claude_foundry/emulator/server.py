"""The emulator as a server on this machine's loopback address.

Starlette and uvicorn are imported when the server starts, so that the rest works without them.
"""

import asyncio
import re
import socket
import sys
import threading
from collections.abc import AsyncIterator, Collection, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from pydantic import SecretStr

from claude_foundry._address import INSECURE_LOOPBACK_VARIABLE
from claude_foundry._config import API_KEY_VARIABLE, BASE_URL_VARIABLE
from claude_foundry._extras import needing
from claude_foundry._fields import listed
from claude_foundry.emulator import _settings
from claude_foundry.emulator._door import most_bytes, turned_away
from claude_foundry.emulator._mcp import Functions
from claude_foundry.emulator._respond import RecordedRequest, State, respond
from claude_foundry.emulator.transport import EmulatorTransport
from claude_foundry.errors import ConfigurationError

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request

_ADDRESS = "127.0.0.1"
_LOOPBACK = re.compile(r"(?:127\.0\.0\.1|localhost)(?::\d+)?")
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_SECONDS_TO_STOP = 5.0


class Emulator:
    """Claude in Microsoft Foundry on this machine: answers from the request itself, without a model or a network.

    It checks what the service checks, and answers with texts, tool calls, JSON and citations that it makes from the
    request. Used as a context manager it listens on the loopback address, and on no other. For use in process,
    without a server, take ``transport()``.

    It accepts ``api_key``, and any bearer token but ``invalid``.

    Args:
        port: to listen on; 0 takes a free one.
        api_key: the key it accepts.
        deployments: base model by deployment name, beside the models' own names, which are always there.
        unsupported: names of features that a deployment refuses, by deployment name, such as
            ``{"claude-opus-5": ["structured_outputs"]}``.
        refused: texts: a question that holds one of them is refused as the service's safety classifiers do it, by an
            answer with ``stop_reason="refusal"``.
        pages: the web that ``web_search`` and ``web_fetch`` see: texts or HTML, by address. Without them both answer
            that they are unavailable.
        mcp_functions: plain functions that stand for an MCP server, by the name that requests give it. Other servers
            are not connected to: their results say so.
        max_server_steps: most steps of the service's own tools in one answer, before it ends with ``pause_turn``.
            Default: 10, as the service.

    Raises:
        ConfigurationError: an argument cannot be used: ``deployments`` names a base model, or ``unsupported`` a
            deployment or feature, that does not exist; on entering, the port is in use, or it listens already.
        MissingExtraError: on entering, ``claude-foundry[emulator]`` is not installed.

    Example:
        ``with Emulator() as emulator: FoundryClient(**emulator.endpoint())``
    """

    def __init__(
        self,
        *,
        port: int = 0,
        api_key: str = "emulator",
        deployments: Mapping[str, str] | None = None,
        unsupported: Mapping[str, Collection[str]] | None = None,
        refused: Collection[str] = (),
        pages: Mapping[str, str] | None = None,
        mcp_functions: Functions | None = None,
        max_server_steps: int | None = None,
    ) -> None:
        self.api_key = _settings.key(api_key)
        self._port = _settings.port(port)
        named = _settings.deployments(deployments)
        self._state = State(
            key=self.api_key,
            deployments=named,
            unsupported=_settings.unsupported(unsupported, deployments=named),
            refused=listed(refused, argument="refused"),
            resources=_settings.resources(pages=pages, mcp_functions=mcp_functions, max_server_steps=max_server_steps),
        )
        self._server: _Server | None = None

    @property
    def base_url(self) -> str:
        """The endpoint, as clients take it.

        Raises:
            ConfigurationError: it is not listening.
        """
        if self._server is None:
            raise ConfigurationError("The emulator is not listening: use it as `with Emulator() as emulator`.")
        return f"http://{_ADDRESS}:{self._server.port}/anthropic"

    @property
    def requests(self) -> list[RecordedRequest]:
        """The last 1,000 requests, in order, fewer where their bodies have more than 32 MB together.

        Headers are without credentials, bodies are parsed JSON; of a request that was refused before its fields were
        read, only the head is kept.
        """
        return list(self._state.requests)

    def endpoint(self) -> dict[str, Any]:
        """Gives the arguments that point a client, a chat model or an LLM at it; they allow its plain http."""
        return {"base_url": self.base_url, "api_key": SecretStr(self.api_key), "allow_insecure_loopback": True}

    def environ(self) -> dict[str, str]:
        """Gives the environment variables that point a client at it."""
        variables = {BASE_URL_VARIABLE: self.base_url, API_KEY_VARIABLE: self.api_key}
        return {**variables, INSECURE_LOOPBACK_VARIABLE: "1"}

    def transport(self) -> EmulatorTransport:
        """Gives an httpx transport that answers in process; it needs no server."""
        return EmulatorTransport(self._state)

    def wait(self) -> None:
        """Waits until the server ends."""
        while self._server is not None and self._server.alive:
            self._server.join(1.0)

    def __enter__(self) -> Self:
        if self._server is not None:
            raise ConfigurationError("The emulator is already listening: make another Emulator for a second one.")
        self._server = _Server(_application(self._state), _listening(self._port))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.stop()


class _Server:
    """uvicorn on a socket that listens already, in a thread of its own."""

    def __init__(self, application: "Starlette", listener: socket.socket) -> None:
        import uvicorn

        self.port: int = listener.getsockname()[1]
        self._listener = listener
        config = uvicorn.Config(
            application, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1
        )
        self._uvicorn = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._uvicorn.run, args=([listener],), name="claude-foundry-emulator", daemon=True
        )
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    def stop(self) -> None:
        self._uvicorn.should_exit = True
        self._thread.join(_SECONDS_TO_STOP)
        self._listener.close()


def _listening(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # On Windows this option would let two servers share the port.
    if sys.platform != "win32":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_ADDRESS, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise ConfigurationError(f"port={port} cannot be used ({error.strerror}): choose another, or 0.") from None
    return listener


def _application(state: State) -> "Starlette":
    with needing("emulator", part="The emulator's server"):
        import uvicorn  # noqa: F401
        from starlette.applications import Starlette
        from starlette.requests import ClientDisconnect
        from starlette.responses import PlainTextResponse, Response, StreamingResponse
        from starlette.routing import Route

    async def answer(request: "Request") -> Response:
        # A page in a browser may point a name of its own at this address.
        if not _LOOPBACK.fullmatch(request.headers.get("host", "")):
            return PlainTextResponse("The emulator answers on loopback names only.", 421)
        origin = request.headers.get("origin")
        if origin is not None and not _LOOPBACK.fullmatch(origin.partition("://")[2]):
            return PlainTextResponse("The emulator answers pages of this machine only.", 403)
        path, headers = request.url.path, dict(request.headers)
        try:
            body = b"" if turned_away(request.method, path, headers, key=state.key) else await _read(request)
        except ClientDisconnect:
            return Response(status_code=400)
        reply = respond(request.method, path, headers, body, state=state, query=request.url.query)
        if isinstance(reply.body, bytes):
            return Response(reply.body, reply.status, reply.headers)
        return StreamingResponse(_one_by_one(reply.body), reply.status, reply.headers)

    return Starlette(routes=[Route("/{path:path}", answer, methods=list(_METHODS))])


async def _read(request: "Request") -> bytes:
    """Reads a body to its end, and keeps no more of it than is needed to see that it is too large."""
    kept, most = bytearray(), most_bytes(request.url.path)
    async for chunk in request.stream():
        kept += chunk[: most + 1 - len(kept)]
    return bytes(kept)


async def _one_by_one(chunks: list[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk
        # The loop's turn: without it a client that has left is noticed at the end only.
        await asyncio.sleep(0)
