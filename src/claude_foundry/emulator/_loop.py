"""The service's own loop: it calls its tools until the question needs no more of them, or pauses the turn.

Sources: https://platform.claude.com/docs/en/agents-and-tools/tool-use/server-tools,
https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons
"""

from dataclasses import dataclass
from typing import Any

from claude_foundry.emulator import _code, _mcp, _tool_search, _web
from claude_foundry.emulator._ids import Ids
from claude_foundry.emulator._served import Block, Turn


@dataclass(frozen=True, kw_only=True)
class Served:
    """The calls and results of an answer, and whether the turn is paused before it is done."""

    blocks: list[Block]
    paused: bool


def served(turn: Turn, ids: Ids) -> Served:
    """Gives what the service's tools do for a turn; calls that an earlier answer left open come first."""
    blocks = [_result(call, turn) for call in turn.pending()]
    steps = len(blocks)
    while calls := _next(turn.having(blocks), ids):
        if steps >= turn.resources.most_steps:
            # As the service does, the next call is told and left open; one inside of code is not begun.
            return Served(blocks=[*blocks, *(calls if len(calls) == 1 else [])], paused=True)
        blocks += _with_results(calls, turn.having(blocks))
        steps += 1
    return Served(blocks=blocks, paused=False)


def _next(turn: Turn, ids: Ids) -> list[Block]:
    """Gives the next call; where code makes it, after the call of that code. Nothing when all is done."""
    number = len(turn.answer)
    if found := _tool_search.next_search(turn):
        return [_call(*found, ids, number)]
    if wanted := _web.next_fetch(turn):
        return _web_calls(_web.FETCH, wanted, turn, ids)
    if wanted := _web.next_search(turn):
        return _web_calls(_web.SEARCH, wanted, turn, ids)
    if asked := _mcp.next_call(turn):
        server, name, arguments = asked
        told = {"type": "mcp_tool_use", "id": ids.make("mcptoolu", number=number), "name": name}
        return [{**told, "server_name": server, "input": arguments}]
    if run := _code.next_call(turn):
        return [_call(*run, ids, number)]
    return []


def _call(name: str, arguments: dict[str, Any], ids: Ids, number: int) -> Block:
    return {"type": "server_tool_use", "id": ids.make("srvtoolu", number=number), "name": name, "input": arguments}


def _web_calls(name: str, arguments: dict[str, Any], turn: Turn, ids: Ids) -> list[Block]:
    number = len(turn.answer)
    tool = turn.offered(f"{name}_") or {}
    if not _web.filtered_by_code(tool):
        return [_call(name, arguments, ids, number)]
    code = {**_call(_code.CODE, _code.calling([(name, arguments)]), ids, number), "caller": {"type": "direct"}}
    caller = {"type": _code.caller_type(tool), "tool_id": code["id"]}
    return [code, {**_call(name, arguments, ids, number + 1), "caller": caller}]


def _with_results(calls: list[Block], turn: Turn) -> list[Block]:
    """Gives calls and their results: what is called last has its result first."""
    blocks = list(calls)
    for call in reversed(calls):
        blocks.append(_result(call, turn.having(blocks)))
    return blocks


def _result(call: Block, turn: Turn) -> Block:
    match call:
        case {"type": "mcp_tool_use"}:
            return _mcp.called(call, turn)
        case {"name": _web.SEARCH}:
            return {**_web.searched(call, turn), "caller": call.get("caller", {"type": "direct"})}
        case {"name": _web.FETCH}:
            return {**_web.fetched(call, turn), "caller": call.get("caller", {"type": "direct"})}
        case {"name": _tool_search.BM25 | _tool_search.REGEX}:
            return _tool_search.searched(call, turn)
    return _code.executed(call, turn)
