"""Thinking that belongs to another conversation: told, and left out."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_foundry._thinking import RefusedThinking, is_mismatch, without_thinking
from claude_foundry.emulator import EmulatorTransport
from claude_foundry.errors import BadRequestError, ConfigurationError, OverloadedError, from_response
from claude_foundry.types import ThinkingBlock
from tests.answers import message, refused, streamed, whole
from tests.shells import REQUEST, FakeTime, Script, Shell, both

Kind = type[Shell]

SENTENCE = (
    "messages.1.content.0: Invalid `signature` in `thinking` block. The block is bound to a different conversation."
)
THOUGHT = {"type": "thinking", "thinking": "", "signature": "s"}
SEALED = {"type": "redacted_thinking", "data": "d"}
TEXT = {"type": "text", "text": "b"}
ASKED: list[dict[str, Any]] = [
    {"role": "user", "content": "a"},
    {"role": "assistant", "content": [THOUGHT, SEALED, TEXT]},
    {"role": "user", "content": "c"},
]
THOUGHTFUL = {**REQUEST, "messages": ASKED}
BARE = [ASKED[0], {"role": "assistant", "content": [TEXT]}, ASKED[2]]


def mismatch() -> Any:
    return whole({"type": "error", "error": {"type": "invalid_request_error", "message": SENTENCE}}, status=400)


def error(status: int, text: str) -> Exception:
    body = json.dumps({"type": "error", "error": {"type": "invalid_request_error", "message": text}}).encode()
    return from_response(status, headers={}, body=body)


def test_is_mismatch() -> None:
    """A 400 that says it is one; nothing else."""
    assert is_mismatch(error(400, SENTENCE))
    assert not is_mismatch(error(400, "max_tokens: too large"))
    assert not is_mismatch(error(500, SENTENCE))
    assert not is_mismatch(ValueError(SENTENCE))


def test_without_thinking() -> None:
    """All thinking is left out, of dicts and of an answer's own blocks, and what was given stays as it was."""
    block = ThinkingBlock.model_validate(THOUGHT)

    assert without_thinking(ASKED) == BARE
    assert without_thinking([{"role": "assistant", "content": [block, TEXT]}]) == [BARE[1]]
    assert ASKED[1]["content"] == [THOUGHT, SEALED, TEXT]


def test_refused_thinking() -> None:
    """What was refused is left out from then on, sealed thinking too, and nothing else; the newest is remembered."""
    refused = RefusedThinking()
    assert refused.left_out(ASKED) is ASKED
    refused.take_in(ASKED)
    assert refused.left_out(ASKED) == BARE
    newer = {"role": "assistant", "content": [{**THOUGHT, "signature": "newer"}, TEXT]}
    assert refused.left_out([*ASKED, newer]) == [*BARE, newer]
    refused.take_in([{"role": "assistant", "content": [{**THOUGHT, "signature": str(at)} for at in range(5_000)]}])
    assert refused.left_out(ASKED) is ASKED


def test_messages_of_thinking_alone() -> None:
    """A message that held nothing else goes; one that was empty before stays for the service to judge."""
    assert without_thinking([ASKED[0], {"role": "assistant", "content": [THOUGHT]}]) == [ASKED[0]]
    assert without_thinking([{"role": "user", "content": ""}]) == [{"role": "user", "content": ""}]


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "role": st.sampled_from(["user", "assistant"]),
                "content": st.one_of(st.text(), st.lists(st.sampled_from([THOUGHT, SEALED, TEXT]))),
            }
        )
    )
)
def test_nothing_else_is_left_out(messages: list[dict[str, Any]]) -> None:
    """Everything but thinking stays, in order, and a second time changes nothing."""
    bare = without_thinking(messages)

    assert without_thinking(bare) == bare
    assert [block for it in bare if isinstance(it["content"], list) for block in it["content"]] == [
        block for it in messages if isinstance(it["content"], list) for block in it["content"] if block == TEXT
    ]


def sent(service: Script) -> list[Any]:
    return [json.loads(request.content)["messages"] for request in service.requests]


@both
def test_strip(shell: Kind) -> None:
    """With "strip" a request is made once more, without thinking, also when retries are off."""
    service, time = Script(mismatch(), whole()), FakeTime()

    answer = shell(service, time, max_retries=0).create(**THOUGHTFUL, on_thinking_mismatch="strip")

    assert answer.text == "Hello there."
    assert sent(service) == [ASKED, BARE]
    assert "on_thinking_mismatch" not in json.loads(service.requests[0].content)


@both
def test_strip_of_a_stream(shell: Kind) -> None:
    """A stream is made once more likewise, and the client's own setting holds for every call."""
    service = Script(mismatch(), streamed())

    answer = shell(service, FakeTime(), on_thinking_mismatch="strip").stream(**THOUGHTFUL)

    assert answer.text == "Hello there."
    assert sent(service) == [ASKED, BARE]
    assert json.loads(service.requests[1].content)["stream"] is True


@both
def test_strip_once(shell: Kind) -> None:
    """A second refusal is raised: there is nothing left to leave out."""
    service = Script(mismatch(), mismatch())

    with pytest.raises(BadRequestError, match="bound to a different conversation"):
        shell(service, FakeTime()).create(**THOUGHTFUL, on_thinking_mismatch="strip")

    assert len(service.requests) == 2


@both
def test_stripped_requests_are_retried(shell: Kind) -> None:
    """The request without thinking has all the retries of the first."""
    overloaded = [refused(529, kind="overloaded_error") for _ in range(3)]
    passing, lasting = Script(mismatch(), *overloaded[:2], whole()), Script(mismatch(), *overloaded)

    answer = shell(passing, FakeTime()).create(**THOUGHTFUL, on_thinking_mismatch="strip")
    with pytest.raises(OverloadedError):
        shell(lasting, FakeTime()).create(**THOUGHTFUL, on_thinking_mismatch="strip")

    assert answer.text == "Hello there."
    assert sent(passing) == [ASKED, BARE, BARE, BARE]


@both
@pytest.mark.parametrize(
    ("request_", "options"),
    [(THOUGHTFUL, {}), (THOUGHTFUL, {"on_thinking_mismatch": "raise"}), (REQUEST, {"on_thinking_mismatch": "strip"})],
)
def test_raise(shell: Kind, request_: dict[str, Any], options: dict[str, Any]) -> None:
    """By default the refusal is raised, and so it is when the request holds no thinking."""
    service = Script(mismatch())

    with pytest.raises(BadRequestError, match="bound to a different conversation"):
        shell(service, FakeTime()).create(**request_, **options)

    assert len(service.requests) == 1


@both
def test_call_beats_client(shell: Kind) -> None:
    """A call may raise although its client strips; a choice that does not exist is refused."""
    service = Script(mismatch())

    with pytest.raises(BadRequestError):
        shell(service, FakeTime(), on_thinking_mismatch="strip").create(**THOUGHTFUL, on_thinking_mismatch="raise")
    for wrong in ({"on_thinking_mismatch": "drop"}, {"max_retries": 0}):
        with pytest.raises(ConfigurationError, match="on_thinking_mismatch='drop'"):
            shell(Script(), FakeTime(), **wrong).create(**THOUGHTFUL, on_thinking_mismatch="drop")


@both
def test_history_without_thinking_is_replayed_as_answered(shell: Kind) -> None:
    """An answer's own blocks, thinking among them, go back as they came."""
    service = Script(whole(message(THOUGHT, TEXT)), whole())
    client = shell(service, FakeTime())

    answer = client.create(**REQUEST)
    history = [*REQUEST["messages"], {"role": "assistant", "content": answer.content}, ASKED[2]]
    client.create(**{**REQUEST, "messages": history})

    assert sent(service)[1][1]["content"] == [THOUGHT, TEXT]


@both
def test_a_service_that_binds_thinking(shell: Kind) -> None:
    """Under another system prompt the emulator refuses replayed thinking, and answers the request without it."""
    service = EmulatorTransport().handle_request
    client = shell(service, FakeTime(), api_key="emulator")
    asked = {**REQUEST, "max_tokens": 1000, "thinking": {"type": "adaptive"}}
    said = {"role": "assistant", "content": client.create(**asked, system="Be brief.").content}
    changed = {**asked, "system": "Be kind.", "messages": [*REQUEST["messages"], said, ASKED[2]]}

    with pytest.raises(BadRequestError, match="bound to a different conversation"):
        client.create(**changed)
    answer = client.stream(**changed, on_thinking_mismatch="strip")

    assert answer.text
    assert answer.retries_taken == 1
