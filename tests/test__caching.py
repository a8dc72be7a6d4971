"""Cache points of a request, as many and in the order that the API takes."""

import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_foundry._caching import settled

SHORT, HOUR = {"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}
controls = st.sampled_from([None, SHORT, HOUR, {"type": "ephemeral", "ttl": "5m"}])


def block(control: Any, **fields: Any) -> dict[str, Any]:
    return {"type": "text", "text": "a", **fields, **({"cache_control": control} if control else {})}


blocks = st.lists(controls.map(block), max_size=4)
results = blocks.map(lambda inner: block(None, type="tool_result", content=inner))
turns = st.lists(st.one_of(blocks, st.lists(results, max_size=2)), max_size=4)
requests = st.builds(
    lambda tools, system, said, automatic: {
        "tools": tools,
        "system": system,
        "messages": [{"role": "user", "content": content} for content in said],
        **({"cache_control": automatic} if automatic else {}),
    },
    blocks,
    blocks,
    turns,
    controls,
)


def points(value: Any) -> list[Any]:
    match value:
        case list():
            return [point for item in value for point in points(item)]
        case dict():
            inner = points(value.get("content"))
            return [*inner, *([value["cache_control"]] if "cache_control" in value else [])]
    return []


def all_points(request: dict[str, Any]) -> list[Any]:
    ordered = points([request.get(name) for name in ("tools", "system", "messages")])
    return [*ordered, *([request["cache_control"]] if "cache_control" in request else [])]


def bare(value: Any) -> Any:
    match value:
        case list():
            return [bare(item) for item in value]
        case dict():
            return {name: bare(inner) for name, inner in value.items() if name != "cache_control"}
    return value


@pytest.mark.filterwarnings("ignore:.*cache points")
@given(requests)
def test_what_the_api_takes(request: dict[str, Any]) -> None:
    """There are four points at most, none of an hour after a shorter one, and all else is as it was."""
    before = repr(request)

    kept = all_points(settled(request))

    assert len(kept) <= 4
    assert len(kept) >= min(len(all_points(request)), 4) - ("cache_control" in request)
    lasting = [point.get("ttl") == "1h" for point in kept]
    assert lasting == sorted(lasting, reverse=True)
    assert bare(settled(request)) == bare(request)
    assert repr(request) == before


@given(requests)
def test_settled_once(request: dict[str, Any]) -> None:
    """A request that was settled stays as it is, and nothing more is told of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        once = settled(request)
    assert settled(once) == once


def test_the_newest_stay() -> None:
    """Of many points the ends of tools and system stay, and the newest of the conversation."""
    request = {
        "tools": [block(SHORT), block(SHORT)],
        "system": [block(SHORT), block(SHORT)],
        "messages": [{"role": "user", "content": [block(SHORT), block(SHORT), block(SHORT)]}],
    }

    with pytest.warns(UserWarning, match="7 cache points: the API takes 4, so that 3 are not sent"):
        kept = settled(request)

    assert [["cache_control" in item for item in kept[name]] for name in ("tools", "system")] == [[False, True]] * 2
    assert ["cache_control" in item for item in kept["messages"][0]["content"]] == [False, True, True]


def test_automatic_takes_the_place_of_the_last() -> None:
    """The automatic point stands for one on the last block."""
    request = {"messages": [{"role": "user", "content": [block(SHORT), block(HOUR)]}], "cache_control": SHORT}

    kept = settled(request)

    assert ["cache_control" in item for item in kept["messages"][0]["content"]] == [True, False]


def test_shortened() -> None:
    """A point of an hour after a shorter one is shortened, the automatic one too, and that is told."""
    request = {"system": [block(SHORT)], "messages": [{"role": "user", "content": [block(HOUR), block(None)]}]}

    with pytest.warns(UserWarning, match="2 cache points of an hour come after one of five minutes"):
        kept = settled({**request, "cache_control": HOUR})

    assert all_points(kept) == [SHORT, SHORT, SHORT]


def test_strings() -> None:
    """A prompt of plain strings is left as it is."""
    request = {"system": "Be brief.", "messages": [{"role": "user", "content": "Hi"}], "cache_control": SHORT}

    assert settled(request) == request
