"""What of a ClaudeFoundry may be written down, and its copies."""

import copy
import json
import pickle
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.callbacks import CallbackManager
from llama_index.core.rate_limiter import TokenBucketRateLimiter

from claude_foundry import ConfigurationError, FoundryError, RateLimitError, Timeout
from claude_foundry._hooks import RequestInfo, ResponseInfo
from claude_foundry.llamaindex import ClaudeFoundry
from tests.llamaindex.faces import Face, both, llm_on, message, played, whole
from tests.llamaindex.test__settings import SECRETS
from tests.shells import Script
from tests.test__auth import Credential


def test_secrets_are_nowhere_to_be_read() -> None:
    """Neither key nor headers stand in the repr, the dumps, the payload of events or the pickle."""
    llm = ClaudeFoundry(**SECRETS, credential=None)
    written = [repr(llm), str(llm.to_dict()), llm.to_json(), str(llm.to_payload()), str(pickle.dumps(llm))]
    assert not [text for text in written if "sealed" in text]


@pytest.mark.parametrize("timeout", [5.0, httpx.Timeout(5, connect=1), Timeout(read=9.0, total=30.0)])
def test_dump_round_trip(timeout: Any) -> None:
    """What ``to_dict`` writes is JSON and makes the same LLM again, but for what is sealed."""
    llm = ClaudeFoundry(
        **SECRETS,
        timeout=timeout,
        thinking={"type": "adaptive"},
        system_prompt="Be brief.",
        max_retries=1,
    )
    again = ClaudeFoundry.from_dict(json.loads(json.dumps(llm.to_dict())))
    assert again.api_key is None
    assert again.to_dict() == llm.to_dict()
    assert again.timeout == llm.timeout


def test_pickle_leaves_the_original_whole() -> None:
    """A pickled copy has the settings and signs in anew; the original keeps what does not pickle."""
    with_lock = CallbackManager([])
    with_lock.lock = threading.Lock()
    llm = llm_on(Script(), system_prompt="Be brief.", callback_manager=with_lock, max_tokens=5)
    again = pickle.loads(pickle.dumps(llm))
    assert (again.model, again.max_tokens, again.system_prompt) == (llm.model, 5, "Be brief.")
    assert again.http_client is None
    assert llm.http_client is not None
    assert llm.callback_manager is with_lock


def test_pickled_copy_works(emulator_settings: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A pickled copy answers with the key of the environment."""
    monkeypatch.setenv("ANTHROPIC_FOUNDRY_API_KEY", emulator_settings["api_key"])
    llm = ClaudeFoundry(model="claude-haiku-4-5", **emulator_settings)
    llm.complete("Hello")
    assert "Hello" in pickle.loads(pickle.dumps(llm)).complete("Hello").text


def test_deep_copy_works() -> None:
    """A deep copy of an LLM that was used keeps credentials and HTTP clients, and answers."""
    script = Script(*[whole(message({"type": "text", "text": "Hi"}))] * 2)
    llm = llm_on(script, thinking={"type": "disabled"})
    llm.complete("Hello")
    again = copy.deepcopy(llm)
    assert again.complete("Hello").text == "Hi"
    assert again.client is not llm.client
    assert again.thinking is not llm.thinking


@both
def test_hooks(face: Face) -> None:
    """Hooks see each attempt of a call, those of a deep copy too; neither dump nor pickle holds them."""
    told, answered = list[RequestInfo](), list[ResponseInfo]()
    script = Script(*[whole(message({"type": "text", "text": "Hi"}))] * 2)
    llm = llm_on(script, on_request=told.append, on_response=answered.append)

    face.complete(llm, "Hello")
    face.complete(copy.deepcopy(llm), "Hello")

    assert [(each.method, each.attempt) for each in told] == [("POST", 1)] * 2
    assert [each.status_code for each in answered] == [200] * 2
    again = pickle.loads(pickle.dumps(llm))
    assert (again.on_request, again.on_response) == (None, None)
    assert not {"on_request", "on_response"} & {*llm.to_dict(), *llm.to_payload()}


@both
def test_largest_event(face: Face) -> None:
    """``max_event_bytes`` bounds the events of a stream, and is part of dumps."""
    llm = llm_on(Script(played({"type": "text", "text": "Hi"})), max_event_bytes=20)

    with pytest.raises(FoundryError, match=r"20 bytes \(max_event_bytes\)"):
        face.stream_chat(llm, [ChatMessage(role="user", content="Hi")])

    assert llm.to_dict()["max_event_bytes"] == 20


def test_longest_wait() -> None:
    """``max_retry_after`` bounds the waits that the service asks for, and is part of dumps."""
    llm = llm_on(Script(httpx.Response(429, headers={"retry-after": "3"})), max_retry_after=2)
    with pytest.raises(RateLimitError) as caught:
        llm.complete("Hello")
    assert (caught.value.retries_taken, caught.value.retry_after) == (0, 3)
    assert llm.to_dict()["max_retry_after"] == 2


@pytest.mark.parametrize(
    "wrong", [{"on_request": 3}, {"on_response": "print"}, {"max_retry_after": -1}, {"max_event_bytes": 0}]
)
def test_wrong_hooks_and_waits(wrong: dict[str, Any]) -> None:
    """A hook that cannot be called and a wait that cannot be waited are refused by name."""
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        ClaudeFoundry(model="m", **wrong)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda llm: llm.model_copy(deep=True)])
def test_what_copies_share(copied: Callable[[ClaudeFoundry], ClaudeFoundry]) -> None:
    """A deep copy obeys the same rate limiter and tells the same callbacks: they hold locks and are the program's."""
    limiter, callbacks = TokenBucketRateLimiter(requests_per_minute=60), CallbackManager()
    again = copied(ClaudeFoundry(model="m", rate_limiter=limiter, callback_manager=callbacks))
    assert again.rate_limiter is limiter
    assert again.callback_manager is callbacks


@pytest.mark.parametrize(
    ("name", "value", "beside"),
    [
        ("credential", Credential(), {}),
        ("default_headers", {"x-gateway": "b"}, {"api_key": "k"}),
        ("http_client", httpx.Client(), {"api_key": "k"}),
    ],
)
def test_pickle_asks_for_what_it_left_out(
    name: str, value: Any, beside: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a pickle leaves out is asked for by its name, though the environment has a key, until it is set again."""
    monkeypatch.setenv("ANTHROPIC_FOUNDRY_API_KEY", "other")
    made = ClaudeFoundry(model="m", resource="a", **{name: value}, **beside)
    opened = pickle.loads(pickle.dumps(made))

    for travelled in (opened, copy.deepcopy(opened), pickle.loads(pickle.dumps(opened))):
        with pytest.raises(ConfigurationError, match=name):
            travelled.complete("Hi")

    setattr(opened, name, value)
    assert opened.client.base_url == made.client.base_url


def test_pickle_that_left_out_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """An LLM that was given a key signs in with the environment's key, or not at all."""
    monkeypatch.delenv("ANTHROPIC_FOUNDRY_API_KEY", raising=False)
    opened = pickle.loads(pickle.dumps(ClaudeFoundry(model="m", resource="a", api_key="k")))

    with pytest.raises(ConfigurationError, match=r"api_key.*ANTHROPIC_FOUNDRY_API_KEY"):
        opened.complete("Hi")
    monkeypatch.setenv("ANTHROPIC_FOUNDRY_API_KEY", "other")
    assert opened.client
