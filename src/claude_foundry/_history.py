"""A conversation in the order that the API takes.

Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/handle-tool-calls
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from claude_foundry._fields import filled, several
from claude_foundry.errors import ConfigurationError
from claude_foundry.types import Message, MessageParam, ToolResultBlockParam, ToolUseBlock
from claude_foundry.types._blocks import SERVER_CALLS
from claude_foundry.types._message_params import Content
from claude_foundry.types._wire_model import WireModel


class Conversation(list[MessageParam]):
    """A list of messages for ``messages=``, to which turns are added in the order that the API takes.

    Args:
        opening: what the user says first, or the messages of an earlier conversation.

    Raises:
        ConfigurationError: ``opening`` is neither, or blank.
    """

    def __init__(self, opening: str | Iterable[MessageParam] = ()) -> None:
        super().__init__(
            [{"role": "user", "content": filled(opening, argument="opening")}]
            if isinstance(opening, str)
            else _messages(opening)
        )

    @property
    def pending(self) -> list[str]:
        """The ids of the calls whose results are to be added next, in the order of the calls."""
        return [call for message in self._last_turn() for call in _calls(message["content"])]

    @property
    def is_paused(self) -> bool:
        """Whether the service is in the middle of a call of its own tools: it goes on when sent the messages as is."""
        return not self.pending and bool(self._under_way())

    def add_user(self, content: Content) -> None:
        """Adds what the user says.

        Args:
            content: text, or content blocks.

        Raises:
            ConfigurationError: the last answer's calls have no results yet, or ``content`` is empty or something else.

        Source: https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons (pause_turn)
        """
        if self.pending:
            raise ConfigurationError(
                f"The calls {', '.join(self.pending)} have no results yet: add them with add_tool_results()."
            )
        if self.is_paused:
            raise ConfigurationError(
                f"The service has not ended {', '.join(self._under_way())}: send the messages as they are, then add "
                "the answer."
            )
        said = _said(content)
        if not said:
            raise ConfigurationError("content is empty: give a text or content blocks.")
        self.append({"role": "user", "content": said})

    def add_answer(self, answer: Message) -> None:
        """Adds an answer in the form that may be sent back; one with nothing in it is left out.

        So is one that was refused, with the parts of its turn that came before a pause: what there is of it does not
        count.

        Args:
            answer: as the client gave it.

        Raises:
            ConfigurationError: no question stands before it, the calls before it have no results, or it is no answer.

        Source: https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons (refusal)
        """
        if not isinstance(answer, Message):
            raise ConfigurationError(f"answer is {type(answer).__name__}: give the Message that came.")
        if not self or self.pending:
            waiting = ", ".join(self.pending)
            raise ConfigurationError(f"Add the results of {waiting} first." if waiting else "Add a user message first.")
        if answer.stop_reason == "refusal":
            while self._under_way():
                self.pop()
            return
        param = answer.to_param()
        if param["content"]:
            self.append(param)

    def add_tool_results(self, results: Iterable[ToolResultBlockParam], *, content: Content = ()) -> None:
        """Adds the results of all calls of the last answer, as one message.

        Args:
            results: one ``tool_result`` block for each of the ``pending`` calls, in any order.
            content: what the user says beside them.

        Raises:
            ConfigurationError: there are no calls; a result is missing, comes twice, belongs to no call or is none;
                the result of a failed call holds more than text; or there is ``content`` beside the results that code
                of the service waits for.
        """
        given = _results(results)
        by_call = {result["tool_use_id"]: result for result in given}
        _check(self.pending, [result["tool_use_id"] for result in given])
        mixed = [call for call, result in by_call.items() if result.get("is_error") and not _is_text(result)]
        if mixed:
            raise ConfigurationError(f"{', '.join(mixed)}: the result of a failed call holds text only.")
        told = _said(content)
        said: Any = [{"type": "text", "text": told}] if isinstance(told, str) else told
        if said and self._under_way():
            raise ConfigurationError("content: code of the service waits for the results; say it after its answer.")
        # The API takes results only before all other content.
        self.append({"role": "user", "content": [*(by_call[call] for call in self.pending), *said]})

    def _under_way(self) -> list[str]:
        """Gives the ids of calls that the service has begun itself and not ended."""
        # Of earlier turns none is left: a turn in which one is goes on, also after the results it waits for.
        blocks = [_fields(block) for message in self for block in message["content"]]
        ended = {fields.get("tool_use_id") for fields in blocks}
        begun = [fields["id"] for fields in blocks if fields.get("type") in SERVER_CALLS]
        return [call for call in begun if call not in ended]

    def _last_turn(self) -> list[MessageParam]:
        """Gives the messages of the model at the end: an answer that went on after a pause takes several."""
        turn: list[MessageParam] = []
        for message in reversed(self):
            if message["role"] != "assistant":
                break
            turn.insert(0, message)
        return turn


def _calls(content: Any) -> Iterator[str]:
    for block in content:
        match block:
            case {"type": "tool_use", "id": str(call)} | ToolUseBlock(id=call):
                yield call


def _fields(block: Any) -> Mapping[str, Any]:
    match block:
        case Mapping():
            return block
        case str():
            return {}
    fields: Mapping[str, Any] = vars(block)
    return fields


def _said(content: Any) -> Any:
    if isinstance(content, str):
        return filled(content, argument="content")
    blocks = several(content, argument="content", instead="a text or a list of content blocks")
    for place, block in enumerate(blocks):
        if not isinstance(block, Mapping | WireModel):
            raise ConfigurationError(
                f"content[{place}] is {type(block).__name__}: give a content block, such as a dict."
            )
    return blocks


def _messages(opening: Any) -> list[Any]:
    messages = several(opening, argument="opening", instead="a text or a list of messages")
    if not all(isinstance(message, Mapping) and {"role", "content"} <= message.keys() for message in messages):
        raise ConfigurationError("opening: give messages that are dicts with role and content.")
    return messages


def _results(results: Any) -> list[Any]:
    given = several(results, argument="results", instead="a list of tool_result blocks")
    if not all(_is_result(result) for result in given):
        raise ConfigurationError("results: give tool_result blocks, which are dicts of that type with a tool_use_id.")
    return given


def _is_result(result: Any) -> bool:
    if not isinstance(result, Mapping) or result.get("type") != "tool_result":
        return False
    return isinstance(result.get("tool_use_id"), str)


def _check(pending: list[str], given: list[str]) -> None:
    if not pending and not given:
        raise ConfigurationError("The last answer called no tool: there are no results to add.")
    complaints = {
        "have no result": [call for call in pending if call not in given],
        "are not calls of the last answer": [call for call in given if call not in pending],
        "have more than one result": sorted({call for call in given if given.count(call) > 1}),
    }
    for complaint, calls in complaints.items():
        if calls:
            raise ConfigurationError(f"{', '.join(calls)} {complaint}: give one result for each call.")


def _is_text(result: ToolResultBlockParam) -> bool:
    content: Any = result.get("content") or ""
    return isinstance(content, str) or all(block["type"] == "text" for block in content)
