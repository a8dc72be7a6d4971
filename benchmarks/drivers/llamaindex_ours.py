"""ClaudeFoundry."""

from benchmarks import answers
from benchmarks.drivers._llamaindex import LlamaIndexDriver
from claude_foundry.llamaindex import ClaudeFoundry


class Driver(LlamaIndexDriver):
    """The LlamaIndex adapter of claude_foundry."""

    START = (
        "from claude_foundry.llamaindex import ClaudeFoundry; "
        "ClaudeFoundry(model='claude-sonnet-4-5', base_url='{url}', api_key='benchmark', allow_insecure_loopback=True)"
    )

    def made(self) -> ClaudeFoundry:
        return ClaudeFoundry(
            model=answers.MODEL, base_url=self._url, api_key="benchmark", allow_insecure_loopback=True, max_tokens=1024
        )
