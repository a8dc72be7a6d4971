"""Code execution without executing: the call and that it is unavailable; and tools that code would call.

Sources: https://platform.claude.com/docs/en/agents-and-tools/tool-use/code-execution-tool,
https://platform.claude.com/docs/en/agents-and-tools/tool-use/programmatic-tool-calling
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from claude_foundry.emulator import _turn
from claude_foundry.emulator._clues import Clues
from claude_foundry.emulator._ids import Ids
from claude_foundry.emulator._seal import sealed
from claude_foundry.emulator._served import Block, Tool, Turn

CODE, BASH, EDITOR = "code_execution", "bash_code_execution", "text_editor_code_execution"
NAMES = (CODE, BASH, EDITOR)
_FIRST_WITH_BASH = "20250825"
_ASKS_CODE = "run execute code python script program compute calculate plot chart simulate"
_ASKS_FILE = "write create edit save"
_FILE = re.compile(r"(?<![\w/.])[\w-]+\.[a-z]{1,5}\b")
_NAMING_CALLERS = ("code_execution_", "tool_search_tool_")
_CONTAINER_WAITS = timedelta(minutes=4.5)


def next_call(turn: Turn) -> tuple[str, dict[str, Any]] | None:
    """Gives name and input of the call that the question needs."""
    tool = turn.offered(f"{CODE}_")
    if tool is None or any(turn.calls(name) for name in NAMES):
        return None
    if not (turn.is_forced(tool) or turn.mentions(_ASKS_CODE) or _has_upload(turn)) or turn.needs_caller():
        return None
    if str(tool["type"]).removeprefix(f"{CODE}_") < _FIRST_WITH_BASH:
        return CODE, {"code": _program(turn.question)}
    file = _FILE.search(turn.question)
    if file and turn.mentions(_ASKS_FILE):
        return EDITOR, {"command": "create", "path": file[0], "file_text": _program(turn.question)}
    return BASH, {"command": f"python3 -c {json.dumps(_program(turn.question))}"}


def executed(call: Block, turn: Turn) -> Block:
    """Gives the result of a call: for a program that only called tools what it prints, else an error."""
    name = call["name"]
    inner = [block for block in turn.blocks if (block.get("caller") or {}).get("tool_id") == call["id"]]
    if not inner:
        content: dict[str, Any] = {"type": f"{name}_tool_result_error", "error_code": "unavailable"}
    elif any(block["type"] == "server_tool_use" for block in inner):
        content = {
            "type": "encrypted_code_execution_result",
            "encrypted_stdout": sealed(_found(inner, turn)),
            **_ended(),
        }
    else:
        printed = _printed([block["id"] for block in inner], turn)
        content = {"type": "code_execution_result", "stdout": printed, **_ended()}
    return {"type": f"{name}_tool_result", "tool_use_id": call["id"], "content": content}


def calling(names_and_inputs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Gives the input of code that calls tools and prints what they return."""
    lines = [f"print(await {name}({json.dumps(arguments)}))" for name, arguments in names_and_inputs]
    return {"code": "\n".join(lines)}


def programmatic(calls: Sequence[tuple[str, Any]], tools: Sequence[Tool], *, ids: Ids, first: int) -> list[Block]:
    """Gives the blocks of code that calls the caller's tools, and waits for their results."""
    identifier = ids.make("srvtoolu", number=first)
    code = {"type": "server_tool_use", "id": identifier, "name": CODE, "input": calling(calls)}
    callers = {tool["name"]: caller_type(tool) for tool in tools}
    inner = [
        {
            "type": "tool_use",
            "id": ids.make("toolu", number=first + number),
            "name": name,
            "input": arguments,
            "caller": {"type": callers[name], "tool_id": identifier},
        }
        for number, (name, arguments) in enumerate(calls, start=1)
    ]
    return [{**code, "caller": {"type": "direct"}}, *inner]


def is_for_code_only(tool: Tool) -> bool:
    """Tells whether only code may call a tool of the caller's."""
    callers = tool.get("allowed_callers") or ["direct"]
    return "direct" not in callers


def may_call(request: Mapping[str, Any]) -> bool:
    """Tells whether a request has tools that others than the model may call, so that each call names its caller."""
    tools = request.get("tools") or ()
    return any(tool.get("allowed_callers") or str(tool.get("type")).startswith(_NAMING_CALLERS) for tool in tools)


def caller_type(tool: Tool) -> str:
    """Gives what blocks that code calls name as their caller."""
    first = f"{CODE}_{_FIRST_WITH_BASH}"
    return first if list(tool.get("allowed_callers") or ()) == [first] else f"{CODE}_20260120"


def container(blocks: Sequence[Block], turn: Turn, ids: Ids) -> dict[str, Any] | None:
    """Gives the container that code of an answer is in, the request's own when it names one."""
    given = turn.request.get("container")
    if not any(block.get("name") in NAMES or block.get("type", "").endswith(f"{CODE}_tool_result") for block in blocks):
        return None
    identifier = given.get("id") if isinstance(given, Mapping) else given
    expires = turn.resources.now() + _CONTAINER_WAITS
    told = {"id": identifier or ids.make("container"), "expires_at": expires.isoformat().replace("+00:00", "Z")}
    skills = given.get("skills") if isinstance(given, Mapping) else None
    return {**told, "skills": skills} if skills else told


def _program(question: str) -> str:
    """The code that the question quotes; else a note of what it is to do."""
    quoted = Clues(question).left("quotation")
    return quoted[0] if quoted else f"# {' '.join(question.split())}"


def _has_upload(turn: Turn) -> bool:
    asked = _turn.run(turn.conversation)[0]["content"]
    return any(block["type"] == "container_upload" for block in asked)


def _printed(ids: Sequence[str], turn: Turn) -> str:
    said = {block["tool_use_id"]: _turn.said(block) for _, block in _turn.results(turn.conversation)}
    return "".join(f"{said.get(identifier, '')}\n" for identifier in ids)


def _found(inner: Sequence[Block], turn: Turn) -> str:
    """What code prints that searches or fetches: the results as JSON."""
    ids = [block["id"] for block in inner if block["type"] == "server_tool_use"]
    return "\n".join(json.dumps(block["content"]) for block in turn.blocks if block.get("tool_use_id") in ids)


def _ended() -> dict[str, Any]:
    return {"stderr": "", "return_code": 0, "content": []}
