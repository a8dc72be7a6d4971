"""How many tokens a conversation takes: asked of the service, once for each, or estimated here.

Source: https://platform.claude.com/docs/en/build-with-claude/token-counting
"""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from langchain_core.messages import BaseMessage, HumanMessage
from langchain_core.messages.utils import count_tokens_approximately
from pydantic_core import to_json

from claude_foundry._fields import names_of
from claude_foundry._forks import lock_of
from claude_foundry.langchain._errors import named_as_langchain

if TYPE_CHECKING:
    from claude_foundry.langchain import _tools
    from claude_foundry.langchain._settings import FoundrySettings as Settings
else:
    # pydantic takes a while for each class of its own.
    Settings = object

_LETTERS_A_TOKEN = 3.3
_MOST_REMEMBERED = 1024


class Counts:
    """The counts of earlier requests, by a digest of each. Neither copied nor pickled with the model."""

    def __init__(self) -> None:
        self._lock = lock_of(self)
        self._counts: OrderedDict[bytes, int] = OrderedDict()

    def get(self, key: bytes) -> int | None:
        """Gives the count of a request, or None when it was not counted lately."""
        with self._lock:
            return self._counts.get(key)

    def put(self, key: bytes, count: int) -> int:
        """Remembers a count, and gives it."""
        with self._lock:
            self._counts[key] = count
            if len(self._counts) > _MOST_REMEMBERED:
                self._counts.popitem(last=False)
        return count

    def __reduce__(self) -> tuple[type[Self], tuple[()]]:
        return type(self), ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Counts)

    def __hash__(self) -> int:
        return hash(Counts)


class TokenCounting(Settings):
    """Token counts of the conversations that a chat model would send."""

    if TYPE_CHECKING:
        _counts: Counts

    def get_num_tokens(self, text: str) -> int:
        """Gives the input tokens of a text, as the service counts them: one request."""
        return self.get_num_tokens_from_messages([HumanMessage(text)])

    def get_num_tokens_from_messages(
        self, messages: Sequence[BaseMessage], tools: "Sequence[_tools.Tool] | None" = None, **kwargs: Any
    ) -> int:
        """Gives the input tokens of a conversation, as the service counts them: one request, and none for a repeat.

        Args:
            messages: the conversation, or a part of it.
            tools: tools that would be bound, those of the service among them.
            kwargs: arguments of the call that would be made, such as ``thinking`` or ``model``.

        Raises:
            ConfigurationError: something cannot be sent; nothing was.
            APIError: the request failed, after the retries that could help.

        Source: https://platform.claude.com/docs/en/build-with-claude/token-counting
        """
        fields, key = self._counting(messages, tools, kwargs)
        if (known := self._counts.get(key)) is not None:
            return known
        with named_as_langchain():
            counted = self.client.messages.count_tokens(**fields)
        return self._counts.put(key, counted.input_tokens)

    async def aget_num_tokens_from_messages(
        self, messages: Sequence[BaseMessage], tools: "Sequence[_tools.Tool] | None" = None, **kwargs: Any
    ) -> int:
        """Gives the input tokens of a conversation without blocking; arguments and errors as without the ``a``."""
        fields, key = self._counting(messages, tools, kwargs)
        if (known := self._counts.get(key)) is not None:
            return known
        with named_as_langchain():
            counted = await self.async_client.messages.count_tokens(**fields)
        return self._counts.put(key, counted.input_tokens)

    def estimate_num_tokens(self, messages: Sequence[BaseMessage], tools: Sequence[Any] | None = None) -> int:
        """Estimates the input tokens of a conversation, without a request.

        It suits what counts often: ``trim_messages(..., token_counter=llm.estimate_num_tokens)``.

        Args:
            messages: the conversation, or a part of it.
            tools: tools that would be bound.

        Source: https://platform.claude.com/docs/en/about-claude/glossary (tokens)
        """
        from claude_foundry.langchain import _tools, _weights

        defined: list[Any] = _tools.bound(tools or [])
        return count_tokens_approximately(
            _weights.readable(messages),
            chars_per_token=_LETTERS_A_TOKEN,
            tokens_per_image=_weights.IMAGE_TOKENS,
            tools=defined or None,
        )

    def _counting(
        self, messages: Sequence[BaseMessage], tools: "Sequence[_tools.Tool] | None", call: Mapping[str, Any]
    ) -> tuple[Any, bytes]:
        from claude_foundry.langchain import _tools
        from claude_foundry.types import CountTokensRequest

        bound = {"tools": _tools.bound(tools)} if tools else {}
        counted = names_of(CountTokensRequest) - {"extra_body"}
        with named_as_langchain():
            counted_too = _with_turn(messages)
        request = self._request(counted_too, None, {**call, **bound})
        fields = {name: value for name, value in request.items() if name in counted}
        asked = {name: value for name, value in fields.items() if name != "timeout"}
        return fields, hashlib.sha256(to_json([self.endpoint, asked])).digest()


def _with_turn(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    from claude_foundry.langchain import _to_wire

    # Trimming counts the system prompt alone too, and the API counts nothing without a user's turn.
    _, turns = _to_wire.split(messages)
    return [*messages, *([] if turns else [HumanMessage("Begin.")])]
