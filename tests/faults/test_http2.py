"""Over HTTP/2, which a given client of httpx's may speak, answers come whole and no log shows a secret (X1)."""

import asyncio
import json
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import pytest

from claude_foundry import AsyncFoundryClient, FoundryClient
from tests.faults import wire
from tests.faults.server import Authority
from tests.faults.test_leaks import REQUEST, SIGN_INS, leaks

config = pytest.importorskip("h2.config")
connections = pytest.importorskip("h2.connection")
events = pytest.importorskip("h2.events")

BODY = json.dumps(wire.message()).encode()
HEADERS = [(":status", "200"), ("content-type", "application/json"), ("content-length", str(len(BODY)))]


class Server:
    """Answers the requests of one connection after another, and writes down their headers."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.heads: list[str] = []
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}"

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                self._serve(self._listener.accept()[0])

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self, accepted: socket.socket) -> None:
        with self._context.wrap_socket(accepted, server_side=True) as connection:
            http = connections.H2Connection(config.H2Configuration(client_side=False))
            http.initiate_connection()
            connection.sendall(http.data_to_send())
            while piece := connection.recv(65536):
                for event in http.receive_data(piece):
                    self._answer(http, event)
                connection.sendall(http.data_to_send())

    def _answer(self, http: Any, event: Any) -> None:
        match event:
            case events.RequestReceived(headers=headers):
                self.heads.append(repr(headers))
            case events.StreamEnded(stream_id=stream):
                http.send_headers(stream, HEADERS)
                http.send_data(stream, BODY, end_stream=True)


@contextmanager
def serving(authority: Authority) -> Iterator[Server]:
    context = authority.server_context("127.0.0.1")
    context.set_alpn_protocols(["h2"])
    server = Server(context)
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server
    finally:
        server.close()
        thread.join()


def asked(trusting: ssl.SSLContext, **settings: Any) -> list[str]:
    with (
        httpx.Client(http2=True, verify=trusting) as http,
        FoundryClient(http_client=http, max_retries=0, timeout=5.0, **settings) as client,
    ):
        return [client.messages.create(**REQUEST).text for _ in range(2)]


def asked_in_a_loop(trusting: ssl.SSLContext, **settings: Any) -> list[str]:
    async def ask() -> list[str]:
        async with (
            httpx.AsyncClient(http2=True, verify=trusting) as http,
            AsyncFoundryClient(http_client=http, max_retries=0, timeout=5.0, **settings) as client,
        ):
            return [(await client.messages.create(**REQUEST)).text for _ in range(2)]

    return asyncio.run(ask())


@pytest.mark.parametrize("sign_in", SIGN_INS)
@pytest.mark.parametrize("ask", [asked, asked_in_a_loop])
def test_no_secret_in_logs(ask: Callable[..., list[str]], sign_in: str, caplog: pytest.LogCaptureFixture) -> None:
    """The secret of each way to sign in is sent with every request, and is in no record of any logger."""
    authority = Authority()
    caplog.set_level(logging.DEBUG)

    with serving(authority) as server:
        texts = ask(authority.client_context(), base_url=server.url, **SIGN_INS[sign_in]())

    assert texts == [wire.TEXT] * 2
    assert [leaks({"head": head}) for head in server.heads] == [["head"]] * 2
    assert "httpcore.http2" in {record.name for record in caplog.records}
    assert leaks({"log": caplog.text}) == []
    assert "header block" not in caplog.text
