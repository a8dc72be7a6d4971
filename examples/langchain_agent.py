"""A LangChain agent with a real tool loop, streamed token by token."""

from datetime import date
from typing import Any

from _service import service
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, AIMessageChunk, ToolMessage

from claude_foundry.langchain import ChatClaudeFoundry


def days_between(start: date, end: date) -> int:
    """Count the days from one date to another."""
    return (end - start).days


def multiply(first: float, second: float) -> float:
    """Multiply two numbers."""
    return first * second


def main() -> None:
    with service() as deployment:
        llm = ChatClaudeFoundry(model=deployment, max_tokens=1024)
        agent: Any = create_agent(llm, tools=[days_between, multiply])
        question = "How many days lie between 2026-03-01 and 2026-07-14? Use the tool days_between."
        print(f"question: {question}\n")
        for mode, item in agent.stream({"messages": [("user", question)]}, stream_mode=["messages", "updates"]):
            match mode, item:
                case "messages", (AIMessageChunk() as chunk, _):
                    print(chunk.text, end="", flush=True)
                case "updates", {"model": {"messages": [AIMessage() as message]}}:
                    show(message)
                case "updates", {"tools": {"messages": results}}:
                    for result in results:
                        show_result(result)


def show(message: AIMessage) -> None:
    for call in message.tool_calls:
        print(f"tool call: {call['name']}({call['args']})")
    usage, ids = message.usage_metadata, message.response_metadata
    if usage is not None:
        print(f"\n  in {usage['input_tokens']}, out {usage['output_tokens']} tokens")
    print(f"  request-id {ids['request_id']} · apim-request-id {ids['apim_request_id']}\n")


def show_result(result: ToolMessage) -> None:
    print(f"tool result: {result.name} -> {result.content}\n")


if __name__ == "__main__":
    main()
