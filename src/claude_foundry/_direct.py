"""What is left of an httpx client where nothing is redirected, kept as a cookie or set by default.

It costs a third of one. Only what this package uses of a client is here, by httpx's names.
"""

import functools
from collections.abc import AsyncGenerator, Generator, Mapping
from typing import Any

import httpx


@functools.lru_cache(maxsize=1024)
def _target(url: str) -> tuple[httpx.URL, str]:
    parsed = httpx.URL(url)
    return parsed, parsed.netloc.decode("ascii")


def names(headers: httpx.Headers) -> set[str]:
    """Gives the names of all headers in lower case, at the price of asking for one of them."""
    return {name.decode("ascii", "replace").lower() for name, _ in headers.raw}


class Signing(httpx.Auth):
    """Signs a request before it is sent, and asks nothing of its answer."""

    def signed(self, request: httpx.Request) -> httpx.Request:
        """Gives the request with what signs it."""
        raise NotImplementedError

    async def async_signed(self, request: httpx.Request) -> httpx.Request:
        """Gives it likewise."""
        return self.signed(request)

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """Signs for a client of httpx."""
        yield self.signed(request)

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Signs for one in an event loop."""
        yield await self.async_signed(request)


class _Building:
    is_closed = False

    def build_request(
        self, method: str, url: str, *, headers: Mapping[str, str], content: Any, timeout: httpx.Timeout
    ) -> httpx.Request:
        """Gives a request, without credentials.

        Raises:
            RuntimeError: the client was closed.
        """
        self._refuse_closed()
        (target, host), extensions = _target(url), {"timeout": timeout.as_dict()}
        if not isinstance(content, bytes) or not content:
            return httpx.Request(method, target, headers=headers, content=content, extensions=extensions)
        # What httpx would add to the headers is added here: it would make them anew for it.
        framed = {"host": host, **headers, "content-length": str(len(content))}
        return httpx.Request(method, target, headers=framed, stream=httpx.ByteStream(content), extensions=extensions)

    def _refuse_closed(self) -> None:
        # httpx's own transports open again.
        if self.is_closed:
            raise RuntimeError("The client was closed.")


class DirectClient(_Building):
    """Sends requests over a transport."""

    def __init__(self, transport: httpx.BaseTransport) -> None:
        self.transport = transport

    def send(
        self, request: httpx.Request, *, auth: Signing, stream: bool = True, follow_redirects: bool = False
    ) -> httpx.Response:
        """Signs a request, sends it, and gives the answer with its body still to be read."""
        self._refuse_closed()
        signed = auth.signed(request)
        response = self.transport.handle_request(signed)
        response.request = signed
        return response

    def close(self) -> None:
        """Closes the connections."""
        self.is_closed = True
        self.transport.close()


class AsyncDirectClient(_Building):
    """Sends requests over a transport, in an event loop."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self.transport = transport

    async def send(
        self, request: httpx.Request, *, auth: Signing, stream: bool = True, follow_redirects: bool = False
    ) -> httpx.Response:
        """Signs a request, sends it, and gives the answer with its body still to be read."""
        self._refuse_closed()
        signed = await auth.async_signed(request)
        response = await self.transport.handle_async_request(signed)
        response.request = signed
        return response

    async def aclose(self) -> None:
        """Closes the connections."""
        self.is_closed = True
        await self.transport.aclose()
