"""AzureAIAnthropicChatModel of langchain-azure-ai."""

from langchain_azure_ai.chat_models import AzureAIAnthropicChatModel

from benchmarks import answers
from benchmarks.drivers._langchain import LangChainDriver


class Driver(LangChainDriver):
    """LangChain's chat model for Claude on Foundry: a subclass of ChatAnthropic."""

    START = (
        "from langchain_azure_ai.chat_models import AzureAIAnthropicChatModel; "
        "AzureAIAnthropicChatModel(model='claude-sonnet-4-5', endpoint='{url}', credential='benchmark')"
    )

    def made(self) -> AzureAIAnthropicChatModel:
        return AzureAIAnthropicChatModel(
            model=answers.MODEL, endpoint=self._url, credential="benchmark", max_tokens=1024
        )
