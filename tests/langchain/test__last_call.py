"""Which calls of a stream are known to be whole."""

from typing import Any

import pytest

from claude_foundry._refusal import ids
from claude_foundry._wire import decoded
from claude_foundry.langchain._last_call import LastCall
from tests.answers import IDS, message
from tests.langchain.test__from_wire import USE


def test_next_block() -> None:
    """A call that has ended is known to be whole when a block of a higher index begins, once."""
    last = LastCall()

    assert last.begun(0) is None
    assert not last.ended(0)
    assert last.begun(1) == 0
    assert last.begun(2) is None


def test_order_of_the_content() -> None:
    """What counts is the place in the answer, not the time at which a block comes."""
    last = LastCall()

    last.begun(1)
    assert not last.ended(1)
    assert last.begun(0) is None
    assert last.ended(0)
    assert last.at_end(answered("max_tokens")) == (1, True)


@pytest.mark.parametrize(("reason", "is_cut"), [("max_tokens", True), ("refusal", True), ("tool_use", False)])
def test_end(reason: str, is_cut: bool) -> None:
    """The call at the end of an answer is a cut one where a limit or a refusal ended the answer."""
    last = LastCall()

    last.begun(0)
    last.ended(0)

    assert last.at_end(answered(reason)) == (0, is_cut)


def test_end_of_which_nothing_is_known() -> None:
    """The call at the end of what is no message is not known to be whole."""
    last = LastCall()

    last.begun(0)
    last.ended(0)

    assert last.at_end(None) == (0, True)


def answered(reason: str) -> Any:
    return decoded(message(USE, {**USE, "id": "toolu_2"}, stop_reason=reason), ids=ids(IDS))
