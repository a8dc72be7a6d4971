"""Both clients behind one face for the tests with cassettes, so that each cassette is played by both."""

import asyncio
from collections.abc import Callable
from typing import Any, Self

from claude_foundry import AsyncFoundryClient, FoundryClient
from tests.shells import AsyncShell, Shell, SyncShell


class CassetteShell(Shell):
    """What a test with a cassette asks of a client, which is the same for all that it asks."""

    kind: type[FoundryClient] | type[AsyncFoundryClient]

    def __init__(self, endpoint: dict[str, Any], **settings: Any) -> None:
        self.endpoint = endpoint
        self._client = self.kind(**endpoint, **settings)

    def client(self) -> Any:
        return self._client

    def having(self, **settings: Any) -> Self:
        """Gives a client with further settings."""
        return type(self)(self.endpoint, **settings)

    def streamed(self, use: Callable[[Any], Any], *, final: str) -> tuple[list[Any], Any]:
        """Gives all that a stream brings, and what its method ``final`` gives at its end."""
        raise NotImplementedError


class SyncCassetteShell(CassetteShell, SyncShell):
    kind = FoundryClient

    def streamed(self, use: Callable[[Any], Any], *, final: str) -> tuple[list[Any], Any]:
        with use(self.client()) as stream:
            return list(stream), getattr(stream, final)()


class AsyncCassetteShell(CassetteShell, AsyncShell):
    kind = AsyncFoundryClient

    def streamed(self, use: Callable[[Any], Any], *, final: str) -> tuple[list[Any], Any]:
        return asyncio.run(self._streamed(use, final))

    async def _streamed(self, use: Callable[[Any], Any], final: str) -> tuple[list[Any], Any]:
        async with use(self.client()) as stream:
            return [item async for item in stream], await getattr(stream, final)()
