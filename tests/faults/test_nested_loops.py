"""Loops that run inside of a running one, as notebooks have them by nest_asyncio, are served (L12)."""

import subprocess
import sys

import pytest

from tests.faults import wire
from tests.faults.server import Exchange, FaultServer, Script

pytest.importorskip("nest_asyncio")

NESTED = """
import asyncio, sys
import nest_asyncio
from claude_foundry import AsyncFoundryClient
nest_asyncio.apply()
client = AsyncFoundryClient(base_url=sys.argv[1], api_key="key", max_retries=0, timeout=5.0)
request = {"model": "m", "max_tokens": 4, "messages": [{"role": "user", "content": "Hello"}]}
async def ask():
    return (await client.messages.create(**request)).text
async def read():
    async with client.messages.stream(**request) as stream:
        return (await stream.get_final_message()).text
async def main():
    print(ascii(await ask()))
    print(ascii(asyncio.get_running_loop().run_until_complete(ask())))
    print(ascii(asyncio.run(read())))
    async with client.messages.stream(**request) as stream:
        await anext(stream)
        print(ascii(asyncio.run(ask())))
        print(ascii((await stream.get_final_message()).text))
    await client.aclose()
asyncio.run(main())
"""


def test_nested() -> None:
    """A call that is awaited within another call's loop gets its own answer, also while a stream is open."""
    streams = b'"stream":true'
    service = Script(
        lambda request, _: Exchange((wire.stream() if streams in request.body else wire.document(wire.message()),))
    )

    with FaultServer() as server:
        command = [sys.executable, "-W", "error::ResourceWarning", "-c", NESTED, server.url(service)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [ascii(wire.TEXT)] * 5
