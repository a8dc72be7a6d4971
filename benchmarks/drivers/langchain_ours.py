"""ChatClaudeFoundry."""

from benchmarks import answers
from benchmarks.drivers._langchain import LangChainDriver
from claude_foundry.langchain import ChatClaudeFoundry


class Driver(LangChainDriver):
    """The LangChain adapter of claude_foundry."""

    START = (
        "from claude_foundry.langchain import ChatClaudeFoundry; "
        "ChatClaudeFoundry(model='claude-sonnet-4-5', base_url='{url}', api_key='benchmark', "
        "allow_insecure_loopback=True)"
    )

    def made(self) -> ChatClaudeFoundry:
        return ChatClaudeFoundry(
            model=answers.MODEL, base_url=self._url, api_key="benchmark", allow_insecure_loopback=True, max_tokens=1024
        )
