"""How connections are made: certificates are checked, against the store that the system or its administrator names."""

import os
import ssl
import subprocess
import sys
from pathlib import Path

import certifi
import pytest

from claude_foundry._transport import tls

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
