"""Structured output by LlamaIndex's own program, where that program falls short.

Source: https://developers.llamaindex.ai/python/framework/understanding/extraction/
"""

from collections.abc import AsyncGenerator, Generator
from typing import Any, cast

from llama_index.core.instrumentation.events.llm import LLMStructuredPredictEndEvent, LLMStructuredPredictStartEvent
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.program.function_program import FunctionCallingProgram, get_function_tool
from llama_index.core.program.utils import get_program_for_llm
from llama_index.core.prompts import PromptTemplate
from llama_index.core.types import Model, PydanticProgramMode
from llama_index_instrumentation import get_dispatcher

_BY_TOOL = (PydanticProgramMode.DEFAULT, PydanticProgramMode.FUNCTION)
_SETTLED = ("tool_choice", "tool_required", "allow_parallel_tool_calls")
_dispatcher = get_dispatcher(__name__)


class StructuredPrediction(FunctionCallingLLM):
    """An LLM whose structured output asks for the tool in streams too, and keeps the system prompt everywhere."""

    async def astructured_predict(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> Model:
        """Gives an object of a class, as ``structured_predict`` does.

        Args:
            output_cls: a pydantic model.
            prompt: what is asked for.
            llm_kwargs: arguments of the call.
            prompt_args: what fills the prompt.

        Raises:
            ValueError: the answer holds no such object.
            APIError: the request failed.
        """
        if self.pydantic_program_mode not in _BY_TOOL:
            result = await super().astructured_predict(output_cls, prompt, llm_kwargs, **prompt_args)
            return cast(Model, result)
        _dispatcher.event(
            LLMStructuredPredictStartEvent(output_cls=output_cls, template=prompt, template_args=prompt_args)
        )
        program = _Program(output_cls=output_cls, llm=self, prompt=prompt)
        result = cast(Model, await program.acall(llm_kwargs=llm_kwargs, **prompt_args))
        _dispatcher.event(LLMStructuredPredictEndEvent(output=result))
        return result

    def _structured_stream_call(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> Generator[Any, None, None]:
        program = get_program_for_llm(output_cls, prompt, self, self.pydantic_program_mode, **self._asked_for())
        return program.stream_call(llm_kwargs=llm_kwargs, **prompt_args)

    async def _structured_astream_call(
        self,
        output_cls: type[Model],
        prompt: PromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> AsyncGenerator[Any, None]:
        program = get_program_for_llm(output_cls, prompt, self, self.pydantic_program_mode, **self._asked_for())
        return await program.astream_call(llm_kwargs=llm_kwargs, **prompt_args)

    def _asked_for(self) -> dict[str, Any]:
        # The program requires the tool of whole answers only.
        return {"tool_choice": "required"} if self.pydantic_program_mode in _BY_TOOL else {}


class _Program(FunctionCallingProgram[Model]):
    """LlamaIndex's program, whose ``acall`` leaves out the system prompt that its siblings send."""

    async def acall(self, *args: Any, llm_kwargs: dict[str, Any] | None = None, **kwargs: Any) -> Any:
        given = {name: value for name, value in (llm_kwargs or {}).items() if name not in _SETTLED}
        messages = self._llm._extend_messages(self._prompt.format_messages(llm=self._llm, **kwargs))
        response = await self._llm.apredict_and_call(
            [get_function_tool(self._output_cls)], chat_history=messages, tool_required=True, **given
        )
        return self._parse_tool_outputs(response)
