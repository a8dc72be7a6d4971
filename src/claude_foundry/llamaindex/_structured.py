"""Structured output: the four hooks that LlamaIndex calls for objects.

Source: https://developers.llamaindex.ai/python/framework/understanding/extraction/
"""

from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import aclosing
from typing import Any, cast

from llama_index.core.instrumentation.events.llm import (
    LLMStructuredPredictEndEvent,
    LLMStructuredPredictInProgressEvent,
    LLMStructuredPredictStartEvent,
)
from llama_index.core.program.utils import FlexibleModel
from llama_index.core.prompts import PromptTemplate
from llama_index.core.types import Model, PydanticProgramMode
from llama_index_instrumentation import get_dispatcher
from pydantic import Field

from claude_foundry._features import Capabilities
from claude_foundry.errors import BadRequestError
from claude_foundry.llamaindex._output import Asking, Growing, StructuredMode, asking
from claude_foundry.llamaindex._settings import FoundrySettings

_OWN = (PydanticProgramMode.DEFAULT, PydanticProgramMode.FUNCTION)
_dispatcher = get_dispatcher(__name__)


class StructuredPrediction(FoundrySettings):
    """An LLM that answers with objects, in the way that its deployment takes."""

    structured_mode: StructuredMode = Field(
        default="auto",
        description="How objects are asked for: 'json_schema' (the API's own output format), 'function_calling' (a "
        "tool), or 'auto': the format where model, hosting and class allow it, else the tool.",
    )

    def structured_predict(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> Model:
        """Gives an object of a class.

        Asked for by ``structured_mode``; where the deployment refuses the API's own output format, by a tool from then
        on. Other values of ``pydantic_program_mode`` than ``DEFAULT`` and ``FUNCTION`` are LlamaIndex's own programs.

        Args:
            output_cls: a pydantic model.
            prompt: what is asked for; the LLM's ``system_prompt`` goes before it.
            llm_kwargs: arguments of the call, as for ``chat``.
            prompt_args: what fills the prompt.

        Raises:
            ConfigurationError: an argument or the class cannot be sent; nothing was sent.
            OutputNotParsedError: the answer was refused or cut, or holds no valid object; a ``ValueError`` too.
            APIError: the request failed.

        Source: https://platform.claude.com/docs/en/build-with-claude/structured-outputs
        """
        if self.pydantic_program_mode not in _OWN:
            return cast(Model, super().structured_predict(output_cls, prompt, llm_kwargs, **prompt_args))
        _tell_start(output_cls, prompt, prompt_args)
        known = self.client.capabilities(**self._deployment(llm_kwargs or {}))
        result = self._predicted(self._asking(output_cls, prompt, llm_kwargs, prompt_args, known))
        _dispatcher.event(LLMStructuredPredictEndEvent(output=result))
        return result

    async def astructured_predict(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> Model:
        """Gives an object of a class; arguments and errors are those of ``structured_predict``."""
        if self.pydantic_program_mode not in _OWN:
            return cast(Model, await super().astructured_predict(output_cls, prompt, llm_kwargs, **prompt_args))
        _tell_start(output_cls, prompt, prompt_args)
        known = self.async_client.capabilities(**self._deployment(llm_kwargs or {}))
        result = await self._apredicted(self._asking(output_cls, prompt, llm_kwargs, prompt_args, known))
        _dispatcher.event(LLMStructuredPredictEndEvent(output=result))
        return result

    def stream_structured_predict(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> Generator[Model | FlexibleModel, None, None]:
        """Gives an object of a class while it is written; the last one is whole and validated.

        Until the class's required fields are there, an object has all its fields, and None for what has not come.

        Args:
            output_cls: as for ``structured_predict``.
            prompt: as for ``structured_predict``.
            llm_kwargs: as for ``structured_predict``.
            prompt_args: as for ``structured_predict``.

        Raises:
            ConfigurationError: as for ``structured_predict``, on iteration, as are the others.
            OutputNotParsedError: the answer was refused or cut, or holds no valid object.
            APIError: the request failed, or broke off (``StreamInterruptedError``).
        """
        if self.pydantic_program_mode not in _OWN:
            yield from super().stream_structured_predict(output_cls, prompt, llm_kwargs, **prompt_args)
            return
        _tell_start(output_cls, prompt, prompt_args)
        known = self.client.capabilities(**self._deployment(llm_kwargs or {}))
        for grown in self._growing(self._asking(output_cls, prompt, llm_kwargs, prompt_args, known)):
            _dispatcher.event(LLMStructuredPredictInProgressEvent(output=grown))
            yield grown
        _dispatcher.event(LLMStructuredPredictEndEvent(output=grown))

    async def astream_structured_predict(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> AsyncGenerator[Model | FlexibleModel, None]:
        """Gives an object while it is written; arguments and errors are those of ``stream_structured_predict``."""
        if self.pydantic_program_mode not in _OWN:
            return await super().astream_structured_predict(output_cls, prompt, llm_kwargs, **prompt_args)
        return self._told_growing(output_cls, prompt, llm_kwargs, prompt_args)

    async def _told_growing(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None,
        prompt_args: Mapping[str, Any],
    ) -> AsyncGenerator[Model | FlexibleModel, None]:
        _tell_start(output_cls, prompt, prompt_args)
        known = self.async_client.capabilities(**self._deployment(llm_kwargs or {}))
        async with aclosing(
            self._agrowing(self._asking(output_cls, prompt, llm_kwargs, prompt_args, known))
        ) as objects:
            async for grown in objects:
                _dispatcher.event(LLMStructuredPredictInProgressEvent(output=grown))
                yield grown
        _dispatcher.event(LLMStructuredPredictEndEvent(output=grown))

    def _asking(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: Mapping[str, Any] | None,
        prompt_args: Mapping[str, Any],
        known: Capabilities,
    ) -> Asking[Model]:
        by_tool = self.pydantic_program_mode is PydanticProgramMode.FUNCTION
        return asking(
            output_cls,
            self._extend_messages(prompt.format_messages(llm=self, **prompt_args)),
            mode="function_calling" if by_tool else self.structured_mode,
            call=llm_kwargs or {},
            settings=self._fields(),
            deployment=known,
        )

    def _predicted(self, asked: Asking[Model]) -> Model:
        while True:
            try:
                return asked.read(self.chat(asked.messages, **asked.arguments()))
            except BadRequestError as refusal:
                asked = asked.instead(refusal)

    async def _apredicted(self, asked: Asking[Model]) -> Model:
        while True:
            try:
                return asked.read(await self.achat(asked.messages, **asked.arguments()))
            except BadRequestError as refusal:
                asked = asked.instead(refusal)

    def _growing(self, asked: Asking[Model]) -> Generator[Model | FlexibleModel, None, None]:
        while True:
            growing = Growing(asked)
            try:
                for response in self.stream_chat(asked.messages, **asked.arguments()):
                    yield from growing.add(response)
            except BadRequestError as refusal:
                asked = asked.instead(refusal)
            else:
                yield asked.read(response)
                return

    async def _agrowing(self, asked: Asking[Model]) -> AsyncGenerator[Model | FlexibleModel, None]:
        while True:
            growing = Growing(asked)
            try:
                async with aclosing(await self.astream_chat(asked.messages, **asked.arguments())) as responses:
                    async for response in responses:
                        for grown in growing.add(response):
                            yield grown
            except BadRequestError as refusal:
                asked = asked.instead(refusal)
            else:
                yield asked.read(response)
                return


def _tell_start(output_cls: type[Any], prompt: PromptTemplate, prompt_args: Mapping[str, Any]) -> None:
    _dispatcher.event(
        LLMStructuredPredictStartEvent(output_cls=output_cls, template=prompt, template_args=dict(prompt_args))
    )
