"""Anthropic of llama-index-llms-anthropic."""

from llama_index.llms.anthropic import Anthropic

from benchmarks import answers
from benchmarks.drivers._llamaindex import LlamaIndexDriver


class Driver(LlamaIndexDriver):
    """LlamaIndex's LLM for Claude; it does not know Foundry."""

    START = (
        "from llama_index.llms.anthropic import Anthropic; "
        "Anthropic(model='claude-sonnet-4-5', base_url='{url}/anthropic', api_key='benchmark')"
    )

    def made(self) -> Anthropic:
        return Anthropic(model=answers.MODEL, base_url=f"{self._url}/anthropic", api_key="benchmark", max_tokens=1024)
