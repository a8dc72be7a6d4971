"""The guard of the project's own tests."""

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[1] / "conftest.py"
ELSEWHERE = "192.0.2.1"


@pytest.fixture
def guarded(pytester: pytest.Pytester) -> pytest.Pytester:
    """An empty project with this project's conftest."""
    pytester.makepyprojecttoml("[tool.pytest.ini_options]\nasyncio_default_fixture_loop_scope = 'function'\n")
    pytester.makeconftest(CONFTEST.read_text("utf-8"))
    return pytester


WAYS_OUT = f"""
import asyncio
import socket

import pytest

WAYS = [
    lambda: socket.create_connection(("{ELSEWHERE}", 443), timeout=1),
    lambda: socket.socket().connect_ex(("{ELSEWHERE}", 443)),
    lambda: socket.socket(socket.AF_INET6).connect(("2001:db8::1", 443)),
    lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"", ("{ELSEWHERE}", 53)),
    lambda: socket.getaddrinfo("example.com", 443),
    lambda: socket.gethostbyname(b"example.com"),
    lambda: asyncio.run(asyncio.open_connection("{ELSEWHERE}", 443)),
]


@pytest.mark.parametrize("way", WAYS)
def test_it(way):
    with pytest.raises(RuntimeError):
        way()
"""


def test_who_tries_to_leave_this_machine_fails_though_the_error_be_caught(guarded: pytest.Pytester) -> None:
    """Each way to another machine is closed, and a test that tried fails even where it goes on."""
    guarded.makepyfile(WAYS_OUT)

    run = guarded.runpytest_subprocess(timeout=50)

    run.assert_outcomes(passed=7, errors=7)
    run.stdout.fnmatch_lines(["*The test tried to reach another machine: socket.*"])


def test_the_next_test_is_not_blamed(guarded: pytest.Pytester) -> None:
    """An attempt counts against the test that made it."""
    guarded.makepyfile(
        f"import socket\n\ndef test_first():\n    socket.create_connection(('{ELSEWHERE}', 443), timeout=1)\n\n"
        "def test_second():\n    pass\n"
    )

    guarded.runpytest_subprocess(timeout=50).assert_outcomes(failed=1, passed=1, errors=1)


def test_processes_that_a_test_starts() -> None:
    """The guard is up in every process that a test starts, too."""
    way = f"import socket; socket.create_connection(('{ELSEWHERE}', 443), timeout=1)"

    done = subprocess.run([sys.executable, "-c", way], capture_output=True, text=True, timeout=30, check=False)

    assert done.stderr.splitlines()[-1].startswith("network_guard.NetworkError: Tests reach this machine only")


def test_this_machine_stays_open() -> None:
    """Loopback by address and by name, unix sockets and event loops work."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        socket.create_connection(("127.0.0.1", port)).close()
        socket.create_connection(("localhost", port)).close()
    for end in socket.socketpair():
        end.close()
    asyncio.run(asyncio.sleep(0))


def test_settings_of_the_machine_are_not_seen(guarded: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Endpoint, credentials and proxies of the environment are gone in a test, all else stays."""
    for name in ("ANTHROPIC_FOUNDRY_API_KEY", "AZURE_CLIENT_ID", "HTTPS_PROXY", "no_proxy", "KEPT"):
        monkeypatch.setenv(name, "set")
    guarded.makepyfile(
        "import os\n\ndef test_it():\n"
        "    assert [name for name, value in os.environ.items() if value == 'set'] == ['KEPT']\n"
    )

    guarded.runpytest_subprocess(timeout=50).assert_outcomes(passed=1)


def test_no_setting_leaks_into_this_run() -> None:
    """The tests of this run see no endpoint and no credential; their servers on this machine may be asked in clear."""
    named = {name for name in os.environ if name.startswith(("ANTHROPIC_", "AZURE_"))}

    assert named == {"ANTHROPIC_FOUNDRY_ALLOW_INSECURE_LOOPBACK"}
