"""An answer that cites files, in LlamaIndex's own blocks, with the reasoning that led to it."""

from pathlib import Path

from _service import service
from llama_index.core.base.llms.types import (
    ChatMessage,
    CitableBlock,
    CitationBlock,
    TextBlock,
    ThinkingBlock,
)

from claude_foundry.llamaindex import ClaudeFoundry

HANDBOOK = Path(__file__).parent / "handbook"
QUESTIONS = ["How soon must a lost laptop be reported?", "Who pays for a desk at home?"]


def main() -> None:
    files = [
        CitableBlock(title=path.name, source=path.name, content=[TextBlock(text=path.read_text(encoding="utf-8"))])
        for path in sorted(HANDBOOK.glob("*.txt"))
    ]
    with service() as deployment:
        llm = ClaudeFoundry(model=deployment, max_tokens=2048, thinking={"type": "adaptive", "display": "summarized"})
        for question in QUESTIONS:
            ask(llm, ChatMessage(role="user", blocks=[*files, TextBlock(text=question)]), question)


def ask(llm: ClaudeFoundry, message: ChatMessage, question: str) -> None:
    print(f"question: {question}\nanswer: ", end="")
    for response in llm.stream_chat([message]):
        print(response.delta, end="", flush=True)
    print()
    for block in response.message.blocks:
        match block:
            case ThinkingBlock(content=str(thought)) if thought:
                print(f"  thought: {thought!r}")
            case CitationBlock(title=title, cited_content=TextBlock(text=words)):
                print(f"  {title}: {words.strip()[:60]!r}...")
    known = response.additional_kwargs
    print(f"  in {known['prompt_tokens']}, out {known['completion_tokens']} tokens")
    print(f"  request-id {known['request_id']} · apim-request-id {known['apim_request_id']}\n")


if __name__ == "__main__":
    main()
