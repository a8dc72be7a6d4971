"""Claude from plain Python: a whole answer, a streamed one, a token count, and a tool call answered."""

from datetime import date

from _service import service

from claude_foundry import Conversation, FoundryClient, Message
from claude_foundry.types import MessageParam, ToolParam, ToolResultBlockParam

DAYS_BETWEEN: ToolParam = {
    "name": "days_between",
    "description": "Counts the days from one date to another.",
    "input_schema": {
        "type": "object",
        "properties": {"start": {"type": "string", "format": "date"}, "end": {"type": "string", "format": "date"}},
        "required": ["start", "end"],
    },
}


def days_between(start: str, end: str) -> str:
    return f"{(date.fromisoformat(end) - date.fromisoformat(start)).days} days"


def show(answer: Message) -> None:
    print(f"\n  stop: {answer.stop_reason} · in {answer.usage.input_tokens}, out {answer.usage.output_tokens} tokens")
    print(f"  request-id {answer.request_id} · apim-request-id {answer.apim_request_id}\n")


def main() -> None:
    with service() as deployment, FoundryClient() as client:
        question: MessageParam = {"role": "user", "content": "What does a lighthouse do?"}
        answer = client.messages.create(model=deployment, max_tokens=256, messages=[question])
        print(f"whole: {answer.text}", end="")
        show(answer)

        print("streamed: ", end="")
        with client.messages.stream(model=deployment, max_tokens=256, messages=[question]) as stream:
            for text in stream.text_stream:
                print(text, end="", flush=True)
            show(stream.get_final_message())

        counted = client.messages.count_tokens(model=deployment, messages=[question])
        print(f"counted: {counted.input_tokens} input tokens\n")

        asked = Conversation("Use days_between: how many days lie between 2026-03-01 and 2026-07-14?")
        answer = client.messages.create(model=deployment, max_tokens=256, messages=asked, tools=[DAYS_BETWEEN])
        asked.add_answer(answer)
        results: list[ToolResultBlockParam] = []
        for call in answer.tool_calls:
            results.append({"type": "tool_result", "tool_use_id": call.id, "content": days_between(**call.input)})
            print(f"tool call: {call.name}({call.input}) -> {results[-1]['content']}")
        asked.add_tool_results(results)
        answer = client.messages.create(model=deployment, max_tokens=256, messages=asked, tools=[DAYS_BETWEEN])
        print(f"answer: {answer.text}", end="")
        show(answer)


if __name__ == "__main__":
    main()
