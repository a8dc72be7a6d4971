"""Calls of the LangChain adapter as type checkers see them; a comment stands where one is wrong."""

from claude_foundry.langchain import ChatClaudeFoundry

llm = ChatClaudeFoundry(
    model="my-deployment", resource="my-resource", api_key="key", thinking="low", stop=["END"], timeout=30
)
text: str = llm.invoke("Hello").text

ChatClaudeFoundry(model="my-deployment", temprature=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
ChatClaudeFoundry(model="my-deployment", thinking="hard")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
