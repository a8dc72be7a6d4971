"""Runs of tools whose thinking the service finds out of place."""

from typing import Any

import httpx
import pytest

from claude_foundry import (
    BadRequestError,
)
from tests import answers
from tests.runs import asked, body, iterated, shell_of
from tests.shells import REQUEST, Script, Shell, both
from tests.test__runner import CALLING, DONE, double, stream_of

THOUGHT = {"type": "thinking", "thinking": "", "signature": "s"}


EARLIER = [
    {"role": "user", "content": "Hello"},
    {"role": "assistant", "content": [THOUGHT, {"type": "text", "text": "Hi."}]},
    {"role": "user", "content": "Double one and two."},
]


MISMATCH = {"type": "invalid_request_error", "message": "The block is bound to a different conversation."}


def mismatch() -> httpx.Response:
    return answers.whole({"type": "error", "error": MISMATCH}, status=400)


def thoughts(script: Script) -> list[int]:
    """Gives how often thinking stands in each request."""
    return [str(body(request)["messages"]).count("'signature'") for request in script.requests]


@both
@pytest.mark.parametrize("streams", [False, True], ids=["whole", "streamed"])
def test_stripped_thinking_stays_out(shell: type[Shell], streams: bool) -> None:
    """Thinking that is out of place is left out of all turns that follow, so that it is refused once."""
    served = stream_of(CALLING, DONE) if streams else [answers.whole(CALLING), answers.whole(DONE)]
    script = Script(mismatch(), *served)
    request: dict[str, Any] = {**REQUEST, "messages": EARLIER, "tools": [double], "on_thinking_mismatch": "strip"}

    if streams:
        last = "get_final_run"
        run = iterated(shell_of(shell, script), "stream_tools", take=lambda _: None, last=last, **request)
    else:
        run = asked(shell_of(shell, script), "run_tools", **request)

    assert run.final.text == "Two and four."
    assert thoughts(script) == [1, 0, 0]
    assert run.messages[1] == {"role": "assistant", "content": [{"type": "text", "text": "Hi."}]}


@both
@pytest.mark.parametrize(
    ("choice", "refused", "requests"), [("raise", 1, 1), ("strip", 2, 2)], ids=["not asked for", "nothing left"]
)
def test_thinking_that_is_refused(shell: type[Shell], choice: str, refused: int, requests: int) -> None:
    """A run ends with the refusal when thinking is to stay, or none is left."""
    script = Script(*(mismatch() for _ in range(refused)))
    request: dict[str, Any] = {**REQUEST, "messages": EARLIER, "tools": [double], "on_thinking_mismatch": choice}

    with pytest.raises(BadRequestError) as caught:
        asked(shell_of(shell, script), "run_tools", **request)

    assert caught.value.run is not None
    assert len(script.requests) == requests
