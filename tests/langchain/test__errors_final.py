"""Errors that another try would meet again, told so to LangGraph's default policy."""

import pickle
from typing import Any

import httpx
import pytest
from langchain_core.exceptions import ModelError, ModelTimeoutError
from langgraph.types import RetryPolicy

from claude_foundry import errors
from claude_foundry.langchain._errors import named_as_langchain
from tests.answers import refused, whole
from tests.langchain.test__errors import LATER, STATUSES, failed
from tests.langchain.ways import Ask, every_way, whole_calls


@every_way
@pytest.mark.parametrize("status", [status for status, *_ in STATUSES])
@pytest.mark.parametrize("asked", [None, "true", "false"])
def test_what_langgraph_sends_again(ask: Ask, status: int, asked: str | None) -> None:
    """LangGraph's default policy tries again what may succeed, by its status or the service's word, and only that."""
    retry_on: Any = RetryPolicy().retry_on
    said = {} if asked is None else {"x-should-retry": asked}

    error = failed(ask, refused(status, headers=said))

    assert retry_on(error) is error.is_retryable is (status in LATER if asked is None else asked == "true")


@pytest.mark.parametrize("retryable", [True, False])
@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize(
    "made",
    [
        *(lambda status=status: errors.from_response(status, headers={}, body=b"") for status, *_ in STATUSES),
        lambda: errors.from_response(400, headers={}, body=b"prompt is too long"),
        lambda: errors.APIConnectionError("broken"),
        lambda: errors.APITimeoutError("late"),
    ],
)
def test_what_langgraph_sends_again_of_any_kind(made: Any, streamed: bool, retryable: bool) -> None:
    """Whatever the kind of an error, before a stream or in it, the policy goes by the error alone, and it pickles."""
    retry_on: Any = RetryPolicy().retry_on
    error = made()
    error.retryable = retryable
    if streamed:
        cut = errors.StreamInterruptedError("cut", partial=None, cause=error)
        cut.__cause__ = error
        error = cut

    with pytest.raises(ModelError) as caught, named_as_langchain():
        raise error

    again = pickle.loads(pickle.dumps(caught.value))
    assert isinstance(caught.value, type(error))
    assert retry_on(caught.value) is caught.value.is_retryable is retryable
    assert (type(again), str(again), retry_on(again)) == (type(caught.value), str(error), retryable)


@whole_calls
def test_a_whole_answer_that_timed_out(ask: Ask) -> None:
    """A whole answer whose request was sent may be billed already: the policy does not ask for it again."""
    retry_on: Any = RetryPolicy().retry_on

    error = failed(ask, httpx.ReadTimeout("slow"), max_tokens=16)

    assert isinstance(error, ModelTimeoutError)
    assert retry_on(error) is False


@every_way
@pytest.mark.parametrize(
    "answer", [lambda: httpx.UnsupportedProtocol("ftp"), lambda: whole({"type": "nothing"}), lambda: refused(505)]
)
def test_what_another_try_would_meet_again(ask: Ask, answer: Any) -> None:
    """What the client does not try again is told to be final, to middlewares and to LangGraph's policy."""
    retry_on: Any = RetryPolicy().retry_on

    error = failed(ask, answer())

    assert error.is_retryable is False
    assert retry_on(error) is False
