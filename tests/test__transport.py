"""How connections are made: certificates are checked, against the store that the system or its administrator names."""

import asyncio
import os
import ssl
import subprocess
import sys
from pathlib import Path

import certifi
import httpx
import pytest
import trustme

from claude_foundry._asyncio_transport import AsyncioTransport
from claude_foundry._sync_transport import SyncTransport
from claude_foundry._transport import tls
from tests.wire import Wire, raw

COUNT = "from claude_foundry._transport import tls; print(tls().cert_store_stats()['x509_ca'], tls().verify_mode.name)"


def counted(**variables: str) -> tuple[int, str]:
    """Gives how many authorities a process with these variables trusts, and how it checks."""
    environ = {**os.environ, **variables}
    said = subprocess.run([sys.executable, "-c", COUNT], env=environ, capture_output=True, text=True, check=True)
    count, mode = said.stdout.split()
    return int(count), mode


def test_certificates_are_checked() -> None:
    """The context checks certificates and names; that of the process is made once."""
    assert tls().verify_mode is ssl.CERT_REQUIRED
    assert tls().check_hostname
    assert tls() is tls()


def test_a_store_of_ones_own(tmp_path: Path) -> None:
    """``SSL_CERT_FILE`` names the authorities that are trusted, and no others."""
    text = Path(certifi.where()).read_text()
    first = text[text.index("-----BEGIN") : text.index("-----END CERTIFICATE-----")] + "-----END CERTIFICATE-----\n"
    own = tmp_path / "own.pem"
    own.write_text(first)

    assert counted(SSL_CERT_FILE=str(own)) == (1, "CERT_REQUIRED")


@pytest.mark.parametrize(
    "name", ["PYTHONHTTPSVERIFY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_TLS_REJECT_UNAUTHORIZED"]
)
def test_no_variable_turns_checking_off(name: str) -> None:
    """Variables that turn checking off elsewhere do nothing here."""
    assert counted(**{name: "0" if "VERIFY" in name else ""})[1] == "CERT_REQUIRED"


class Preferring:
    """A service behind TLS that prefers HTTP/2; it knows what each connection agreed on."""

    def __init__(self) -> None:
        authority = trustme.CA()
        self.trusted, self._served = ssl.create_default_context(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.configure_trust(self.trusted)
        authority.issue_cert("127.0.0.1").configure_cert(self._served)
        self._served.set_alpn_protocols(["h2", "http/1.1"])
        self.agreed: list[str | None] = []

    def __call__(self, wire: Wire) -> None:
        with self._served.wrap_socket(wire.peer, server_side=True) as sealed:
            self.agreed.append(sealed.selected_alpn_protocol())
            Wire(sealed, wire.left).asked()
            sealed.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")


def test_http1_is_agreed_on() -> None:
    """A service that prefers HTTP/2 is told that HTTP/1.1 alone is spoken, with an event loop and without."""

    async def ask(url: str) -> bytes:
        transport = AsyncioTransport(verify=service.trusted)
        answer = await transport.handle_async_request(httpx.Request("GET", url))
        try:
            return await answer.aread()
        finally:
            await transport.aclose()

    with raw(service := Preferring()) as plain:
        url = plain.replace("http://", "https://")
        bodies = [asyncio.run(ask(url))]
        # Each is told so by its own transport.
        service.trusted.set_alpn_protocols(["none"])
        with SyncTransport(verify=service.trusted) as transport:
            bodies.append(transport.handle_request(httpx.Request("GET", url)).read())

    assert (bodies, service.agreed) == ([b"ok", b"ok"], ["http/1.1", "http/1.1"])
