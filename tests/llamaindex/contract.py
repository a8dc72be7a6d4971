"""What LlamaIndex's components expect of an LLM, as tests: LlamaIndex has no suite for it.

Subclass ``LLMContract``, or those of its parts that shall hold, and give ``llm``::

    class TestMyLLM(LLMContract):
        @pytest.fixture
        def llm(self):
            return MyLLM(...)

Nothing here knows of a particular LLM. The model behind it is asked to speak, to call the tools ``now`` and ``add``,
and to take a city and its population out of a sentence.

Source: https://developers.llamaindex.ai/python/framework/module_guides/models/llms/
"""

from tests.llamaindex.contract_answers import ChatContract, CumulativeContract, EventContract, StreamContract
from tests.llamaindex.contract_instances import ConcurrencyContract, CopyContract
from tests.llamaindex.contract_tools import ArgumentContract, StructuredContract, ToolContract

__all__ = [
    "ArgumentContract",
    "ChatContract",
    "ConcurrencyContract",
    "CopyContract",
    "CumulativeContract",
    "EventContract",
    "LLMContract",
    "StreamContract",
    "StructuredContract",
    "ToolContract",
]


class LLMContract(
    ChatContract,
    StreamContract,
    CumulativeContract,
    ToolContract,
    ArgumentContract,
    StructuredContract,
    EventContract,
    CopyContract,
    ConcurrencyContract,
):
    """All of it."""
