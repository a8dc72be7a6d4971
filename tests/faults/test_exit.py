"""An interpreter that ends says nothing of what it leaves: open streams, clients that nobody closed (L11)."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.faults.matrix import answer
from tests.faults.rows_connection import DOCUMENT
from tests.faults.server import FaultServer, scripted
from tests.faults.test_leaving import BEGUN, WELL


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as listening:
        yield listening


OPEN_AT_EXIT = {
    "sync": """
import sys
from claude_foundry import FoundryClient
client = FoundryClient(base_url=sys.argv[1], api_key="key", max_retries=0)
stream = client.messages.stream(model="m", max_tokens=4, messages=[{"role": "user", "content": "Hello"}])
events = iter(stream.__enter__())
print(next(events)["type"])
""",
    "async": """
import asyncio, sys
from claude_foundry import AsyncFoundryClient
client = AsyncFoundryClient(base_url=sys.argv[1], api_key="key", max_retries=0)
stream = client.messages.stream(model="m", max_tokens=4, messages=[{"role": "user", "content": "Hello"}])
async def begin():
    print((await anext(aiter(await stream.__aenter__())))["type"])
asyncio.run(begin())
""",
    "thread": """
import sys, threading
from claude_foundry import FoundryClient
client = FoundryClient(base_url=sys.argv[1], api_key="key", max_retries=0)
begun = threading.Event()
def read():
    with client.messages.stream(model="m", max_tokens=4, messages=[{"role": "user", "content": "Hello"}]) as stream:
        for event in stream:
            begun.set()
threading.Thread(target=read, daemon=True).start()
begun.wait(10)
print("message_start")
""",
}


@pytest.mark.parametrize("way", OPEN_AT_EXIT)
def test_interpreter_ended(way: str, server: FaultServer) -> None:
    """An interpreter that ends with an open stream ends well, and says nothing (L11)."""
    command = [sys.executable, "-c", OPEN_AT_EXIT[way], server.url(scripted(BEGUN))]

    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "message_start\n", "")


CLIENT_AT_EXIT = {
    "sync": """
import sys
from claude_foundry import FoundryClient
client = FoundryClient(base_url=sys.argv[1], api_key="key")
print(client.messages.create(model="m", max_tokens=4, messages=[{"role": "user", "content": "Hello"}]).id)
""",
    "async": """
import asyncio, sys
from claude_foundry import AsyncFoundryClient
client = AsyncFoundryClient(base_url=sys.argv[1], api_key="key")
async def ask():
    return await client.messages.create(model="m", max_tokens=4, messages=[{"role": "user", "content": "Hello"}])
print(asyncio.run(ask()).id)
""",
}


@pytest.mark.parametrize("way", CLIENT_AT_EXIT)
def test_interpreter_ended_without_close(way: str, server: FaultServer) -> None:
    """A client that nobody closed leaves no connection for the interpreter to complain of."""
    url = server.url(scripted(WELL))
    command = [sys.executable, "-W", "always::ResourceWarning", "-c", CLIENT_AT_EXIT[way], url]

    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "msg_1\n", "")


HUNG_AT_EXIT = {
    "sync": """
import threading
from claude_foundry import APITimeoutError, FoundryClient, Timeout
class Credential:
    def get_token(self, *scopes, **more):
        threading.Event().wait()
client = FoundryClient("a", credential=Credential(), timeout=Timeout(total=0.05))
try:
    client.messages.create(model="m", max_tokens=4, messages=[{"role": "user", "content": "Hello"}])
except APITimeoutError as error:
    print(type(error).__name__)
""",
    "async": """
import asyncio, threading
from claude_foundry import APITimeoutError, AsyncFoundryClient, Timeout
class Credential:
    def get_token(self, *scopes, **more):
        threading.Event().wait()
client = AsyncFoundryClient("a", credential=Credential(), timeout=Timeout(total=0.05))
async def ask():
    await client.messages.create(model="m", max_tokens=4, messages=[{"role": "user", "content": "Hello"}])
try:
    asyncio.run(ask())
except APITimeoutError as error:
    print(type(error).__name__)
""",
}


@pytest.mark.parametrize("way", HUNG_AT_EXIT)
def test_interpreter_ended_with_a_hung_credential(way: str) -> None:
    """An interpreter ends though a credential that no call waits for any more still hangs."""
    command = [sys.executable, "-c", HUNG_AT_EXIT[way]]

    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "APITimeoutError\n", "")


ASKED_AT_EXIT = """
import sys
from claude_foundry import FoundryClient
client = FoundryClient(base_url=sys.argv[1], azure_ad_token_provider=lambda: "token", max_retries=0)
class Session:
    def __init__(self):
        self.kept = self
    def __del__(self):
        print(client.messages.create(model="m", max_tokens=4, messages=[{"role": "user", "content": "Bye"}]).id)
Session()
"""


def test_call_of_what_the_end_collects(server: FaultServer) -> None:
    """A call that is made as the interpreter ends, when no other thread runs any more, asks its token provider too."""
    command = [sys.executable, "-c", ASKED_AT_EXIT, server.url(scripted(answer(DOCUMENT)))]

    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    assert (done.returncode, done.stdout.startswith("msg_"), done.stderr) == (0, True, "")
