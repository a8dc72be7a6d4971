"""One application on either framework: the same settings give both the same client, and so the same connections."""

from collections.abc import Callable
from typing import Any

from _service import service
from llama_index.core.llms import ChatMessage

from claude_foundry.langchain import ChatClaudeFoundry
from claude_foundry.llamaindex import ClaudeFoundry

Ask = Callable[[str], tuple[str, dict[str, Any]]]


def with_langchain(llm: ChatClaudeFoundry) -> Ask:
    def ask(question: str) -> tuple[str, dict[str, Any]]:
        answer = llm.invoke(question)
        usage = answer.usage_metadata
        assert usage is not None
        return answer.text, {**answer.response_metadata, "in": usage["input_tokens"], "out": usage["output_tokens"]}

    return ask


def with_llamaindex(llm: ClaudeFoundry) -> Ask:
    def ask(question: str) -> tuple[str, dict[str, Any]]:
        answer = llm.chat([ChatMessage(role="user", content=question)])
        known = answer.additional_kwargs
        return answer.message.content or "", {**known, "in": known["prompt_tokens"], "out": known["completion_tokens"]}

    return ask


def application(ask: Ask) -> None:
    """The application itself: it knows neither framework."""
    for question in ("What is a tide?", "What is a lighthouse?"):
        text, told = ask(question)
        print(f"  {question} {text}")
        print(f"    in {told['in']}, out {told['out']} tokens")
        print(f"    request-id {told['request_id']} · apim-request-id {told['apim_request_id']}")


def main() -> None:
    with service() as deployment:
        langchain, llamaindex = ChatClaudeFoundry(model=deployment), ClaudeFoundry(model=deployment)
        print(f"one client below both: {langchain.client is llamaindex.client}\n")
        for name, ask in (("LangChain", with_langchain(langchain)), ("LlamaIndex", with_llamaindex(llamaindex))):
            print(f"with {name}:")
            application(ask)
            print()


if __name__ == "__main__":
    main()
