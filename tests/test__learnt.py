"""What a client learns of its deployments from their answers."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from claude_foundry import AsyncFoundryClient, FeatureNotSupportedError, FoundryClient, StreamInterruptedError
from claude_foundry._learnt import Learnt
from claude_foundry._sse import encode
from claude_foundry.errors import APIError, APITimeoutError, from_response
from tests import answers
from tests.shells import REQUEST, AsyncShell, FakeTime, Script, Shell, SyncShell, both

LACKING = {
    "type": "error",
    "error": {"type": "invalid_request_error", "message": "code_execution not supported in your workspace."},
}
MODEL = REQUEST["model"]


def refusal(named: str, deployment: str | None = "a") -> APIError:
    said = {"type": "error", "error": {"type": "invalid_request_error", "message": f"{named}"}}
    return from_response(400, headers={}, body=json.dumps(said).encode(), deployment=deployment)


def test_refused_features() -> None:
    """Features that a deployment refused add up, and count for that deployment alone."""
    learnt = Learnt()

    learnt.take_in(refusal("structured_outputs not supported in your workspace."))
    learnt.take_in(refusal("code_execution, memory not supported in your workspace."))

    assert learnt.refused("a") == {"structured_outputs", "code_execution", "memory"}
    assert learnt.refused("b") == frozenset()


def test_deployments_that_force_no_tool() -> None:
    """A deployment that lets no tool be forced is known by that, whatever its name says."""
    learnt = Learnt()
    learnt.take_in(refusal('tool_choice: type "tool" and "any" are not supported for this model.'), deployment="a")

    found = [
        learnt.capabilities(deployment, base_model="claude-sonnet-5").model.forced_tool_choice for deployment in "ab"
    ]
    assert found == [False, True]


def test_other_failures() -> None:
    """Of any other failure, and of one whose deployment is not known, nothing is remembered."""
    learnt = Learnt()

    learnt.take_in(APITimeoutError("late"))
    learnt.take_in(refusal("max_tokens: Field required"))
    learnt.take_in(refusal("structured_outputs not supported in your workspace.", deployment=None))

    assert learnt.refused("a") == frozenset()


def test_many_threads() -> None:
    """Nothing that threads learn at the same time is lost."""
    learnt = Learnt()
    failures = [refusal(f"feature_{number} not supported in your workspace.") for number in range(400)]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(learnt.take_in, failures))

    assert learnt.refused("a") == {f"feature_{number}" for number in range(400)}


@pytest.mark.parametrize(
    ("geos", "hosting"),
    [
        (["global"], "azure"),
        (["us"], "azure"),
        (["not_available"], "anthropic"),
        (["global", "not_available"], "anthropic"),
        (["global", None, "eu"], "azure"),
        ([None], None),
    ],
)
def test_hosting(geos: list[str | None], hosting: str | None) -> None:
    """Where a deployment is hosted shows in the usage of its last answer that says it, for that deployment alone."""
    learnt = Learnt()

    for geo in geos:
        learnt.take_in_geo(geo, deployment="a")
    learnt.take_in_geo("global", deployment=None)

    assert learnt.hosting("a") == hosting
    assert learnt.hosting("b") is None


def usage(geo: str) -> dict[str, Any]:
    return answers.message(usage={"input_tokens": 1, "output_tokens": 1, "inference_geo": geo})


class Asking:
    """One client, of either kind, that several answers come to."""

    def __init__(self, kind: type[Shell], *replies: Any) -> None:
        shell = kind(Script(*replies), FakeTime())
        assert isinstance(shell, SyncShell | AsyncShell)
        self.client: Any = shell.client()
        self.shell = shell

    def create(self) -> None:
        self._done(lambda: self.client.messages.create(**REQUEST))

    def stream(self) -> None:
        if isinstance(self.shell, SyncShell):
            with self.client.messages.stream(**REQUEST) as stream:
                stream.get_final_message()
        else:
            asyncio.run(self._stream())

    async def _stream(self) -> None:
        async with self.client.messages.stream(**REQUEST) as stream:
            await stream.get_final_message()

    def _done(self, ask: Any) -> None:
        async def awaited() -> None:
            await ask()

        if isinstance(self.shell, SyncShell):
            ask()
        else:
            asyncio.run(awaited())


@both
def test_hosting_of_an_answer(shell: type[Shell]) -> None:
    """A whole answer tells the client where the deployment is hosted, and with it which features it has."""
    asking = Asking(shell, answers.whole(usage("global")))
    before = asking.client.capabilities(MODEL)

    asking.create()

    after = asking.client.capabilities(MODEL)
    assert (before.hosting, before.has("code_execution")) == (None, None)
    assert (after.hosting, after.has("code_execution"), after.has("vision")) == ("azure", False, True)


@both
def test_hosting_of_a_stream(shell: type[Shell]) -> None:
    """A stream tells it too, and copies of the client know."""
    asking = Asking(shell, answers.streamed(answers.pieces_of(usage("not_available"))))

    asking.stream()

    found = asking.client.with_options(max_retries=0).capabilities(MODEL)
    assert (found.hosting, found.has("code_execution")) == ("anthropic", True)


@both
def test_refusal_that_begins_a_stream(shell: type[Shell]) -> None:
    """A refusal that comes as an event is remembered like one that comes as an answer, and names the deployment."""
    asking = Asking(shell, answers.streamed([encode(LACKING)]))  # type: ignore[arg-type]

    with pytest.raises(FeatureNotSupportedError) as caught:
        asking.stream()

    assert caught.value.deployment == MODEL
    assert asking.client.capabilities(MODEL).refused == {"code_execution"}


@both
def test_refusal_in_mid_stream(shell: type[Shell]) -> None:
    """The same holds after the first content."""
    pieces = [*answers.pieces_of(answers.message())[:3], encode(LACKING)]  # type: ignore[arg-type]
    asking = Asking(shell, answers.streamed(pieces))

    with pytest.raises(StreamInterruptedError) as caught:
        asking.stream()

    assert isinstance(caught.value.__cause__, FeatureNotSupportedError)
    assert asking.client.capabilities(MODEL).refused == {"code_execution"}


def test_hosting_of_the_emulator(emulator_settings: dict[str, str]) -> None:
    """A client that has asked once knows where the deployment is hosted."""
    with FoundryClient(**emulator_settings) as client:
        message = client.messages.create(**REQUEST)

        assert message.usage.inference_geo == "global"
        assert client.capabilities(MODEL).hosting == "azure"


async def test_hosting_of_the_emulator_in_a_loop(emulator_settings: dict[str, str]) -> None:
    """The asynchronous client knows it as well, from a stream."""
    async with AsyncFoundryClient(**emulator_settings) as client:
        async with client.messages.stream(**REQUEST) as stream:
            await stream.get_final_message()

        assert client.capabilities(MODEL).hosting == "azure"
