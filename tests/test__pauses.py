"""Paused turns: how they are gone on with, and how their parts become one answer."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_foundry._pauses import MAX_PAUSES, after_pause, joined, next_request
from claude_foundry.types import Container, Message
from tests import answers

QUESTION = {"role": "user", "content": "Hi"}
REQUEST: dict[str, Any] = {"model": "mine", "max_tokens": 9, "messages": [QUESTION], "tools": [{"name": "t"}]}
SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}, "caller": None}
SENT = {name: value for name, value in SEARCH.items() if value is not None}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
TEXT = {"type": "text", "text": "Found.", "citations": None}
CONTAINER = {"id": "container_1", "expires_at": "2026-01-01T00:00:00Z"}

COUNTS = st.none() | st.integers(0, 10_000)
USAGES = st.fixed_dictionaries(
    {},
    optional={
        "input_tokens": COUNTS,
        "output_tokens": COUNTS,
        "cache_read_input_tokens": COUNTS,
        "cache_creation": st.none()
        | st.fixed_dictionaries(
            {}, optional={"ephemeral_5m_input_tokens": COUNTS, "ephemeral_1h_input_tokens": COUNTS}
        ),
        "server_tool_use": st.none() | st.fixed_dictionaries({"web_search_requests": COUNTS, "new_requests": COUNTS}),
        "service_tier": st.none() | st.just("standard"),
        "new_count": COUNTS,
    },
)


def part(*content: dict[str, Any], stop_reason: str = "pause_turn", **fields: Any) -> Message:
    return Message.model_validate(answers.message(*content, stop_reason=stop_reason, **fields))


CALL = {"type": "tool_use", "id": "toolu_1", "name": "t", "input": {}}
EMPTY = part().model_copy(update={"content": []})


def test_next_request() -> None:
    """A paused turn is gone on with until it was paused too often."""
    paused = part(SEARCH)

    assert next_request(REQUEST, [paused]) == after_pause(REQUEST, paused)
    assert next_request(REQUEST, [paused] * MAX_PAUSES) is not None
    assert next_request(REQUEST, [paused] * (MAX_PAUSES + 1)) is None


@pytest.mark.parametrize("ended", [part(TEXT, stop_reason="end_turn"), EMPTY, part(SEARCH, CALL)])
def test_no_next_request(ended: Message) -> None:
    """A turn that has ended, holds nothing or waits for a result of the user's is not gone on with."""
    assert next_request(REQUEST, [ended]) is None


def at(usage: Any, *path: str) -> Any:
    for name in path:
        usage = (usage or {}).get(name)
    return usage


def test_paused_turn_goes_back() -> None:
    """The next request carries the paused answer below the messages, and is the same in all else."""
    before = copy.deepcopy(REQUEST)

    following = after_pause(REQUEST, part(SEARCH, FOUND))

    assert following == {**REQUEST, "messages": [QUESTION, {"role": "assistant", "content": [SENT, FOUND]}]}
    assert before == REQUEST


def test_paused_twice() -> None:
    """A turn that pauses again goes back with both of its parts."""
    following = after_pause(after_pause(REQUEST, part(SEARCH)), part(FOUND))

    assert [message["content"] for message in following["messages"][1:]] == [[SENT], [FOUND]]


def test_nothing_to_send() -> None:
    """A paused answer without anything to send adds no empty message."""
    following = after_pause(
        REQUEST, Message.model_validate(answers.message(stop_reason="pause_turn") | {"content": []})
    )

    assert following == REQUEST


@pytest.mark.parametrize(
    ("given_container", "following"),
    [
        ({}, "container_1"),
        ({"container": None}, "container_1"),
        ({"container": "container_1"}, "container_1"),
        ({"container": {"skills": []}}, {"skills": [], "id": "container_1"}),
    ],
)
def test_container_is_carried_on(given_container: dict[str, Any], following: Any) -> None:
    """The turn goes on in the container that it began in; its skills stay."""
    assert after_pause({**REQUEST, **given_container}, part(SEARCH, container=CONTAINER))["container"] == following


def test_parts_become_one_answer() -> None:
    """The whole has the first part's name, all blocks in order, and the last part's ending and ids."""
    first = part(SEARCH, id="msg_a", model="a", context_management={"applied_edits": []}, container=CONTAINER)
    last = part(FOUND, TEXT, id="msg_b", model="b", stop_reason="stop_sequence", stop_sequence="END", new_field=1)
    last = last.model_copy(update={"request_id": "req_b", "apim_request_id": "apim_b"})

    whole = joined([first, last])

    assert (whole.id, whole.model) == ("msg_a", "a")
    assert whole.content == [*first.content, *last.content]
    assert (whole.stop_reason, whole.stop_sequence, whole.stop_details) == ("stop_sequence", "END", None)
    assert (whole.request_id, whole.apim_request_id) == ("req_b", "apim_b")
    assert whole.context_management is None
    assert whole.model_dump()["new_field"] == 1


def test_container_that_the_last_part_does_not_name() -> None:
    """An answer in which no code ran names no container; the whole turn keeps the one it used."""
    whole = joined([part(SEARCH, container=CONTAINER), part(TEXT, stop_reason="end_turn")])

    assert isinstance(whole.container, Container)
    assert whole.container.id == "container_1"


def test_parts_stay_as_they_are() -> None:
    """Joining changes none of the parts."""
    parts = [part(SEARCH), part(TEXT, stop_reason="end_turn")]
    before = [one.model_dump() for one in parts]

    joined(parts)

    assert [one.model_dump() for one in parts] == before


def test_one_part() -> None:
    """A turn that never paused is its own whole."""
    only = part(TEXT, stop_reason="end_turn")

    assert joined([only]) is only


def test_no_part() -> None:
    """No answer makes no turn."""
    with pytest.raises(ValueError, match="at least one"):
        joined([])


@given(st.lists(USAGES, min_size=2, max_size=MAX_PAUSES))
def test_usage_is_summed(usages: list[dict[str, Any]]) -> None:
    """Each count of the whole is the sum of the parts', and unknown only where no part knew it."""
    total = joined([part(TEXT, usage=usage) for usage in usages]).usage.model_dump()

    for path in (
        ("input_tokens",),
        ("output_tokens",),
        ("cache_read_input_tokens",),
        ("cache_creation", "ephemeral_5m_input_tokens"),
        ("server_tool_use", "new_requests"),
        ("new_count",),
    ):
        known = [count for usage in usages if (count := at(usage, *path)) is not None]
        assert at(total, *path) == (sum(known) if known else None)
    assert total.get("service_tier") == next((it["service_tier"] for it in usages if it.get("service_tier")), None)


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 99)), min_size=2, max_size=5))
def test_passes_cover_all_parts(parts: list[tuple[bool, int]]) -> None:
    """Where a part lists its passes, the passes of the whole still sum up to all that was used."""
    usages = [
        {"output_tokens": count, **({"iterations": [{"type": "message", "output_tokens": count}]} if lists else {})}
        for lists, count in parts
    ]

    usage = joined([part(TEXT, usage=usage) for usage in usages]).usage

    listed = usage.model_dump().get("iterations")
    assert (listed is None) == (not any(lists for lists, _ in parts))
    assert listed is None or sum(one["output_tokens"] for one in listed) == usage.output_tokens
