"""A process that is forked while another thread holds a lock."""

import os
import threading
from collections.abc import Callable
from typing import Any

import pytest

from claude_foundry import FoundryClient, _shared
from claude_foundry._clock import Clock
from claude_foundry._connections import Idle, Slots
from claude_foundry._forks import lock_of
from claude_foundry._http import AsyncPool, Pool
from claude_foundry._kept_tokens import KeptTokens
from claude_foundry._token_sources import CredentialSource
from claude_foundry.client_tools import FolderMemory
from claude_foundry.langchain._tokens import Counts


class Owner:
    def __init__(self, make: Callable[[], Any]) -> None:
        self._lock = lock_of(self, make)


def parts(tmp_path: Any) -> list[Any]:
    """Gives everything that a call may find locked."""
    with FoundryClient("a", api_key="k") as client:
        sender = client._sender
    source = CredentialSource(None, scope="s")
    mine = [
        sender._brakes,
        source,
        KeptTokens(source, clock=Clock()),
        sender.learnt,
        Pool(None, sender.config),
        AsyncPool(None, sender.config),
        Slots(1),
        _shared,
    ]
    # Counts are all equal, so that models compare by their settings.
    equal = [Counts(), Counts()]
    return [*mine, *equal, Idle(most=1, expiry=None), FolderMemory(tmp_path), Owner(threading.Lock)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_no_lock_is_inherited_as_held(tmp_path: Any) -> None:
    """A fork finds all locks free, although threads of its parent hold them; the parent's stay held."""
    owners = parts(tmp_path)
    for owner in owners:
        thread = threading.Thread(target=owner._lock.acquire)
        thread.start()
        thread.join()

    child = os.fork()
    if child == 0:
        os._exit(sum(not owner._lock.acquire(False) for owner in owners))

    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    held = [not owner._lock.acquire(False) for owner in owners]
    # The module's lock is everybody's.
    _shared._lock.release()

    assert ended == 0
    assert all(held)
