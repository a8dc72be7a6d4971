"""Typed objects from plain Python: a parsed answer, a growing one, and functions that Claude calls by itself."""

from datetime import date

from _service import service
from pydantic import BaseModel, Field

from claude_foundry import FoundryClient, Message
from claude_foundry.types import MessageParam

LETTER = "Extract the order: 40 lanterns for the harbour of Lisbon, to be delivered on 2024-05-17."


class Order(BaseModel):
    """An order in a letter."""

    city: str
    count: int
    delivery: date | None = Field(default=None, description="Day of the delivery.")


def days_between(start: date, end: date) -> int:
    """Counts the days from one date to another."""
    return (end - start).days


def user(text: str) -> MessageParam:
    return {"role": "user", "content": text}


def show(answer: Message) -> None:
    print(f"  stop: {answer.stop_reason} · in {answer.usage.input_tokens}, out {answer.usage.output_tokens} tokens")
    print(f"  request-id {answer.request_id} · apim-request-id {answer.apim_request_id}\n")


def main() -> None:
    with service() as deployment, FoundryClient() as client:
        parsed = client.messages.parse(output_type=Order, model=deployment, max_tokens=300, messages=[user(LETTER)])
        print(f"parsed: {parsed.parsed!r}")
        show(parsed)

        with client.messages.parse_stream(
            output_type=Order, model=deployment, max_tokens=300, messages=[user(LETTER)]
        ) as stream:
            for partial in stream:
                print(f"growing: {partial}")
            show(stream.get_final_message())

        question = "Use days_between: how many days lie between 2026-03-01 and 2026-07-14?"
        run = client.messages.run_tools(
            tools=[days_between], model=deployment, max_tokens=300, messages=[user(question)]
        )
        for step in run.steps:
            for call, result in zip(step.message.tool_calls, step.results, strict=True):
                print(f"tool call: {call.name}({call.input}) -> {result['content']}")
        print(f"answer: {run.final.text}")
        show(run.final)


if __name__ == "__main__":
    main()
