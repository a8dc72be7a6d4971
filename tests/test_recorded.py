"""Recorded answers of the service through the core."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import claude_foundry
from claude_foundry._sse import EventDecoder
from tests.recorded import answer, events_of, exchanges, recorded, rows, told
from tests.shells import REQUEST, FakeTime, Shell, both

Kind = type[Shell]
STREAMS = exchanges(stream=True)
pytestmark = recorded


def events(*pieces: bytes) -> list[Any]:
    decoder = EventDecoder()
    found = [event for piece in pieces for event in decoder.feed(piece)]
    return [*found, *decoder.flush()]


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.floats(min_value=0, max_value=1), max_size=40))
@pytest.mark.parametrize("row", STREAMS)
def test_any_cut_gives_the_same_events(row: dict[str, Any], places: list[float]) -> None:
    """A recorded stream gives the same events however its bytes are cut."""
    data = row["response"].encode()
    ends = [*sorted(int(place * len(data)) for place in places), len(data)]

    assert events(*(data[start:end] for start, end in zip([0, *ends], ends, strict=False))) == events_of(row)


@both
@pytest.mark.parametrize("row", STREAMS)
def test_streams(shell: Kind, row: dict[str, Any]) -> None:
    """The message put together from a recorded stream says what its events say; a call that was cut is none."""
    expected = told(row)
    cut = {index for index, block in enumerate(expected["content"]) if "json" in block}

    message = shell(lambda _: answer(row), FakeTime()).stream(**REQUEST).model_dump()

    for index, (found, meant) in enumerate(zip(message.pop("content"), expected.pop("content"), strict=True)):
        if index in cut:
            assert (found["type"], found["partial_json"]) == ("invalid_tool_use", meant["json"])
        else:
            assert found == meant
    assert message == expected


@both
@pytest.mark.parametrize("row", exchanges(stream=False))
def test_whole_answers(shell: Kind, row: dict[str, Any]) -> None:
    """A recorded answer is kept whole: nothing is lost, added or changed."""
    message = shell(lambda _: answer(row), FakeTime()).create(**REQUEST)

    assert message.model_dump() == told(row)
    assert (message.request_id, message.apim_request_id) == ("req_1", "apim-1")


@both
@pytest.mark.parametrize("row", exchanges(stream=False, path="/v1/messages/count_tokens"))
def test_counts(shell: Kind, row: dict[str, Any]) -> None:
    """A recorded count is the count."""
    counted = shell(lambda _: answer(row), FakeTime()).count_tokens(model="m", messages=REQUEST["messages"])

    assert counted.input_tokens == told(row)["input_tokens"]


@both
@pytest.mark.parametrize("row", exchanges(stream=False, ok=False))
def test_refusals(shell: Kind, row: dict[str, Any]) -> None:
    """A recorded refusal is a typed error with its type and words."""
    time = FakeTime()

    with pytest.raises(claude_foundry.APIStatusError) as caught:
        shell(lambda _: answer(row), time, max_retries=1).create(**REQUEST)

    meant = told(row)["error"]
    assert (caught.value.status_code, caught.value.type) == (row["status"], meant["type"])
    assert meant["message"] in str(caught.value)
    assert len(time.slept) == (row["status"] == 429)


def test_there_are_recordings() -> None:
    """The folder that is named holds recordings."""
    assert rows()
