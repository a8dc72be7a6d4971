"""The parts of the contract about the instance: its copies, and its use in many places."""

import asyncio
import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest
from llama_index.core.base.llms.types import ChatResponse
from llama_index.core.llms.llm import LLM

from tests.llamaindex.contract_ground import (
    QUESTION,
    Contract,
    asked,
    called,
    text_of,
)


class CopyContract(Contract):
    """Copies in every way that LlamaIndex and its users make them."""

    @pytest.mark.parametrize("way", ["pickle", "deepcopy", "dict", "model_copy"])
    def test_copy(self, llm: LLM, way: str) -> None:
        """A copy has the same settings and answers, also of an LLM that has answered already."""
        assert text_of(llm.complete(QUESTION))
        copied = _copied(llm, way)
        assert type(copied) is type(llm)
        assert copied.metadata == llm.metadata
        assert text_of(copied.complete(QUESTION))


def _copied(llm: LLM, way: str) -> LLM:
    match way:
        case "pickle":
            return pickle.loads(pickle.dumps(llm))  # type: ignore[no-any-return]
        case "deepcopy":
            return copy.deepcopy(llm)
        case "dict":
            return type(llm).from_dict(llm.to_dict())
    return llm.model_copy()


class ConcurrencyContract(Contract):
    """One instance in many places."""

    def test_event_loops(self, llm: LLM) -> None:
        """One event loop after another is served, and code without one in between."""
        for _ in range(3):
            assert text_of(called(llm, "achat", asked())[0])
            assert text_of(called(llm, "chat", asked())[0])

    def test_threads(self, llm: LLM) -> None:
        """Threads are served at the same time."""
        with ThreadPoolExecutor(max_workers=4) as pool:
            answers = list(pool.map(lambda _: text_of(llm.chat(asked())), range(8)))
        assert all(answers)

    def test_gathered(self, llm: LLM) -> None:
        """Calls of one event loop are served at the same time."""

        async def gathered() -> list[ChatResponse]:
            return list(await asyncio.gather(*(llm.achat(asked()) for _ in range(8))))

        assert all(text_of(response) for response in asyncio.run(gathered()))
