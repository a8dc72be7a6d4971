"""A LlamaIndex agent that calls two tools at once, streamed token by token; then an object while it is written."""

import asyncio
from datetime import date

from _service import service
from llama_index.core.agent.workflow import AgentOutput, AgentStream, FunctionAgent, ToolCallResult
from llama_index.core.prompts import PromptTemplate
from pydantic import BaseModel, validate_call

from claude_foundry.llamaindex import ClaudeFoundry

QUESTION = "Use days_between for 2026-03-01 and 2026-07-14, and multiply 12 by 31."


class Order(BaseModel):
    """An order."""

    city: str
    count: int


@validate_call  # LlamaIndex hands over what the JSON holds: a date is still a string
def days_between(start: date, end: date) -> int:
    """Count the days from one date to another."""
    return (end - start).days


def multiply(first: int, second: int) -> int:
    """Multiply two numbers."""
    return first * second


async def main() -> None:
    with service() as deployment:
        llm = ClaudeFoundry(model=deployment, max_tokens=1024)
        await ask_agent(llm)
        await extract(llm)
        known = (await llm.acomplete("In one sentence: what is an agent?")).additional_kwargs
        print(f"usage of one call: in {known['prompt_tokens']}, out {known['completion_tokens']} tokens")
        print(f"  request-id {known['request_id']} · apim-request-id {known['apim_request_id']}")


async def ask_agent(llm: ClaudeFoundry) -> None:
    print(f"question: {QUESTION}\n")
    agent = FunctionAgent(tools=[days_between, multiply], llm=llm)
    async for event in agent.run(QUESTION).stream_events():
        match event:
            case AgentStream(delta=delta):
                print(delta, end="", flush=True)
            case ToolCallResult() as result:
                print(f"tool call: {result.tool_name}({result.tool_kwargs}) -> {result.tool_output.content}")
            case AgentOutput(tool_calls=calls):
                print(f"\n  {len(calls)} calls to run\n")


async def extract(llm: ClaudeFoundry) -> None:
    prompt = PromptTemplate("Extract the order: {text}")
    async for order in await llm.astream_structured_predict(Order, prompt, text="The count is 40, the city is Lisbon."):
        print(f"growing: {order!r}")


if __name__ == "__main__":
    asyncio.run(main())
