"""Cache points of a request, as many and in the order that the API takes.

Source: https://platform.claude.com/docs/en/build-with-claude/prompt-caching
"""

from collections.abc import Mapping
from typing import Any

from claude_foundry._mending import MAX_CACHE_POINTS
from claude_foundry._warnings import warn

Path = tuple[str | int, ...]
Control = Mapping[str, Any]
_END: Path = ()
"""Where the automatic point stands."""
_PARTS = ("tools", "system", "messages")


def settled(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Gives the fields of a request with cache points that the API takes.

    It takes four. Of more, the last of the tools, the last of the system prompt and the last of the conversation stay.
    A point that lasts an hour does not come after one that lasts five minutes: it then lasts as long as that. An
    automatic point replaces the one on the last block. What is left out or shortened is warned of.

    Args:
        fields: of the API.
    """
    points = _points(fields)
    if not points:
        return dict(fields)
    automatic = fields.get("cache_control")
    wanted = _wanted(points, fields, automatic=automatic)
    kept = _in_order({path: wanted[path] for path in _kept(wanted)})
    _tell(wanted, kept)
    parts = {name: _rebuilt(fields[name], (name,), kept) for name in _PARTS if name in fields}
    return {**fields, **parts, **({"cache_control": kept[_END]} if automatic else {})}


def _points(fields: Mapping[str, Any]) -> dict[Path, Control]:
    found: dict[Path, Control] = {}
    for name in _PARTS:
        _note(found, fields.get(name), (name,))
    return found


def _note(found: dict[Path, Control], value: Any, path: Path) -> None:
    if not isinstance(value, list):
        return
    for at, item in enumerate(value):
        # Most of a long conversation is blocks without: they are passed over.
        if inner := item.get("content"):
            _note(found, inner, (*path, at, "content"))
        if control := item.get("cache_control"):
            found[(*path, at)] = control


def _wanted(points: Mapping[Path, Control], fields: Mapping[str, Any], *, automatic: Any) -> dict[Path, Control]:
    if not automatic:
        return dict(points)
    last = _last(fields.get("messages"))
    return {**{path: control for path, control in points.items() if path != last}, _END: automatic}


def _kept(wanted: Mapping[Path, Control]) -> list[Path]:
    paths = [path for path in wanted if path != _END]
    ends = [named[-1] for part in _PARTS[:2] if (named := [path for path in paths if path[0] == part])]
    # The end of what never changes is read by every request; of the rest, the newest is read next.
    others = sorted((path for path in reversed(paths) if path not in ends), key=lambda path: path[0] != "messages")
    chosen = [*(path for path in wanted if path == _END), *ends, *others][:MAX_CACHE_POINTS]
    return [path for path in wanted if path in chosen]


def _tell(wanted: Mapping[Path, Control], kept: Mapping[Path, Control]) -> None:
    left_out = len(wanted) - len(kept)
    if left_out:
        warn(f"{len(wanted)} cache points: the API takes {MAX_CACHE_POINTS}, so that {left_out} are not sent.")
    shortened = sum(control is not wanted[path] for path, control in kept.items())
    if shortened:
        warn(f"{shortened} cache points of an hour come after one of five minutes, and last as long as that.")


def _last(messages: Any) -> Path | None:
    match messages:
        case [*_, {"content": [*_, _] as blocks}]:
            return ("messages", len(messages) - 1, "content", len(blocks) - 1)
    return None


def _in_order(points: Mapping[Path, Control]) -> dict[Path, Control]:
    ordered, is_short = {}, False
    for path, control in points.items():
        ordered[path] = {"type": "ephemeral"} if is_short and control.get("ttl") == "1h" else control
        is_short = is_short or control.get("ttl") != "1h"
    return ordered


def _rebuilt(value: Any, path: Path, kept: Mapping[Path, Control]) -> Any:
    match value:
        case list():
            return [_rebuilt(item, (*path, at), kept) for at, item in enumerate(value)]
        case Mapping():
            bare = {name: part for name, part in value.items() if name != "cache_control"}
            inner = {"content": _rebuilt(bare["content"], (*path, "content"), kept)} if "content" in bare else {}
            control = {"cache_control": kept[path]} if path in kept else {}
            return {**bare, **inner, **control}
    return value
