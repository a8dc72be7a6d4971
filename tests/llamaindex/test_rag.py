"""LlamaIndex's query engines, chat engines, routers, rerankers and extractors on this LLM."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from llama_index.core import Document, VectorStoreIndex
from llama_index.core.base.response.schema import PydanticResponse
from llama_index.core.embeddings import MockEmbedding
from llama_index.core.evaluation import FaithfulnessEvaluator
from llama_index.core.extractors import DocumentContextExtractor
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.postprocessor import StructuredLLMRerank
from llama_index.core.query_engine import CitationQueryEngine, RetrieverQueryEngine, RouterQueryEngine
from llama_index.core.response_synthesizers import ResponseMode
from llama_index.core.schema import NodeWithScore
from llama_index.core.selectors import LLMSingleSelector, PydanticMultiSelector, PydanticSingleSelector
from llama_index.core.storage.docstore import SimpleDocumentStore
from llama_index.core.tools import QueryEngineTool
from llama_index.retrievers.bm25 import BM25Retriever
from pydantic import BaseModel

from claude_foundry.emulator import Emulator
from claude_foundry.llamaindex import ClaudeFoundry
from tests.llamaindex.components import NODES, llm_of, memory
from tests.llamaindex.faces import message

QUESTION = "How long is the Loire?"
models = pytest.mark.parametrize("model", ["claude-haiku-4-5", "claude-opus-5-5"])
modes = pytest.mark.parametrize(
    "mode",
    [
        ResponseMode.COMPACT,
        ResponseMode.REFINE,
        ResponseMode.TREE_SUMMARIZE,
        ResponseMode.ACCUMULATE,
        ResponseMode.COMPACT_ACCUMULATE,
        ResponseMode.SIMPLE_SUMMARIZE,
    ],
)


class River(BaseModel):
    """A river."""

    name: str
    length: int


@pytest.fixture(autouse=True)
def open_loop() -> Iterator[None]:
    """An event loop for LlamaIndex: where there is none it makes one, and leaves it open."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    # As asyncio.run ends its loop: connections whose LLM is gone close while it runs.
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


@pytest.fixture
def llm(emulator_settings: dict[str, str]) -> ClaudeFoundry:
    return ClaudeFoundry(model="claude-haiku-4-5", **emulator_settings)


@pytest.fixture
def index() -> VectorStoreIndex:
    """An index of vectors that say nothing: every passage is found."""
    return VectorStoreIndex(NODES, embed_model=MockEmbedding(embed_dim=8))


@models
def test_query_engine(model: str, emulator_settings: dict[str, str]) -> None:
    """A query engine answers from what it retrieved, whole and streamed, with and without an event loop."""
    llm = ClaudeFoundry(model=model, **emulator_settings)
    retriever = BM25Retriever.from_defaults(nodes=NODES, similarity_top_k=1)
    engine = RetrieverQueryEngine.from_args(retriever, llm=llm)
    flowing = RetrieverQueryEngine.from_args(retriever, llm=llm, streaming=True)

    async def streamed_answer() -> str:
        response: Any = await flowing.aquery(QUESTION)
        return "".join([str(part) async for part in response.async_response_gen()])

    answers = {
        str(engine.query(QUESTION)),
        "".join(flowing.query(QUESTION).response_gen),
        str(asyncio.run(_queried(engine))),
        asyncio.run(streamed_answer()),
    }
    assert len(answers) == 1
    assert "1006" in answers.pop()


async def _queried(engine: Any) -> Any:
    return await engine.aquery(QUESTION)


@modes
def test_response_modes(mode: ResponseMode, llm: ClaudeFoundry, index: VectorStoreIndex) -> None:
    """Each way to put an answer together finds it, with and without an event loop."""
    engine = index.as_query_engine(llm=llm, response_mode=mode, similarity_top_k=3)
    assert "1006" in str(engine.query(QUESTION))
    assert "1006" in str(asyncio.run(_queried(engine)))


@modes
@pytest.mark.parametrize("structured_mode", ["json_schema", "function_calling"])
def test_response_modes_with_a_class(
    mode: ResponseMode, structured_mode: Any, emulator_settings: dict[str, str], index: VectorStoreIndex
) -> None:
    """Each of them gives objects of a class, if it can, however the LLM asks for them."""
    llm = ClaudeFoundry(model="claude-haiku-4-5", structured_mode=structured_mode, **emulator_settings)
    engine = index.as_query_engine(llm=llm, response_mode=mode, similarity_top_k=3, output_cls=River)
    for answer in (engine.query(QUESTION), asyncio.run(_queried(engine))):
        match mode:
            case ResponseMode.COMPACT | ResponseMode.REFINE | ResponseMode.TREE_SUMMARIZE:
                assert isinstance(answer, PydanticResponse)
                assert isinstance(answer.response, River)
            case ResponseMode.SIMPLE_SUMMARIZE:
                assert "1006" in str(answer)
            case _:
                assert "name=" in str(answer)
                assert "length=1006" in str(answer)


def test_refine_goes_on_after_an_answer_without_object(index: VectorStoreIndex) -> None:
    """An answer that was cut is left out by refine, which goes on with the next passage."""
    cut = message({"type": "text", "text": '{"name": "Lo'}, stop_reason="max_tokens")
    river = message({"type": "text", "text": '{"name": "Loire", "length": 1006}'})
    llm, _ = llm_of(cut, river, river)
    engine = index.as_query_engine(llm=llm, response_mode="refine", similarity_top_k=3, output_cls=River)
    assert engine.query(QUESTION).response == River(name="Loire", length=1006)


def test_filtering_of_answers(llm: ClaudeFoundry, index: VectorStoreIndex) -> None:
    """Refine asks LlamaIndex's own program for answers that say whether they satisfy."""
    engine = index.as_query_engine(
        llm=llm, response_mode="refine", similarity_top_k=3, structured_answer_filtering=True
    )
    assert str(engine.query(QUESTION))


@models
@pytest.mark.parametrize("mode", ["simple", "context", "condense_question", "condense_plus_context"])
def test_chat_engines(mode: Any, model: str, emulator_settings: dict[str, str], index: VectorStoreIndex) -> None:
    """Chat engines keep a conversation, whole and streamed, with and without an event loop."""
    llm = ClaudeFoundry(model=model, **emulator_settings)
    engine = index.as_chat_engine(llm=llm, chat_mode=mode, memory=memory(), similarity_top_k=3)

    async def asked_in_a_loop() -> str:
        whole = str(await engine.achat(QUESTION))
        streamed: Any = await engine.astream_chat(QUESTION)
        return whole + "".join([part async for part in streamed.async_response_gen()])

    answers = [
        str(engine.chat(QUESTION)),
        "".join(engine.stream_chat(QUESTION).response_gen),
        asyncio.run(asked_in_a_loop()),
    ]
    assert all(answers)
    assert mode == "simple" or all("1006" in answer for answer in answers)
    assert [said.role.value for said in engine.chat_history] == ["user", "assistant"] * 4


@models
@pytest.mark.parametrize("selector", [PydanticSingleSelector, PydanticMultiSelector])
def test_router(selector: Any, model: str, emulator_settings: dict[str, str], index: VectorStoreIndex) -> None:
    """A router chooses an engine by a tool call, and the engine answers."""
    llm = ClaudeFoundry(model=model, **emulator_settings)
    answer = router(index, llm, selector.from_defaults(llm=llm)).query(QUESTION)
    assert answer.metadata["selector_result"].selections
    assert "1006" in str(answer)


def test_router_by_text(index: VectorStoreIndex, llm: ClaudeFoundry) -> None:
    """A router that has the choice written as JSON reads it."""
    choice, _ = llm_of(message({"type": "text", "text": '[{"choice": 2, "reason": "It is a river."}]'}))
    answer = router(index, llm, LLMSingleSelector.from_defaults(llm=choice)).query(QUESTION)
    assert answer.metadata["selector_result"].ind == 1


def router(index: VectorStoreIndex, llm: ClaudeFoundry, selector: Any) -> RouterQueryEngine:
    tools = [
        QueryEngineTool.from_defaults(
            index.as_query_engine(llm=llm, similarity_top_k=3), name=name, description=f"Answers questions on {name}."
        )
        for name in ("mountains", "rivers")
    ]
    return RouterQueryEngine(selector=selector, query_engine_tools=tools, llm=llm)


@models
def test_rerank(model: str, emulator_settings: dict[str, str]) -> None:
    """Passages are put in the order of their relevance, as an object tells it."""
    llm = ClaudeFoundry(model=model, **emulator_settings)
    found = [NodeWithScore(node=node) for node in NODES]
    rerank = StructuredLLMRerank(llm=llm, top_n=2)
    [first, *_] = rerank.postprocess_nodes(found, query_str=QUESTION)
    assert first.node.node_id in {node.node_id for node in NODES}
    assert first.score


@pytest.mark.parametrize("model", ["claude-haiku-4-5", "claude-sonnet-5"])
def test_document_context(model: str, emulator: Emulator, emulator_settings: dict[str, str]) -> None:
    """Chunks get their context; the document is marked for the cache, and the retired beta is not sent."""
    document = Document(text=" ".join(node.text for node in NODES) * 3, doc_id="rivers")
    store = SimpleDocumentStore()
    store.add_documents([document])
    chunks = SentenceSplitter(chunk_size=64, chunk_overlap=0).get_nodes_from_documents([document])
    thinking = {"type": "disabled"} if model == "claude-sonnet-5" else None
    llm = ClaudeFoundry(model=model, thinking=thinking, **emulator_settings)
    extracted = DocumentContextExtractor(docstore=store, llm=llm, show_progress=False).extract(chunks)
    assert [bool(found.get("context")) for found in extracted] == [True] * len(chunks)
    last = emulator.requests[-1]
    assert last.body["messages"][0]["content"][0]["cache_control"] == {"type": "ephemeral"}
    assert "anthropic-beta" not in last.headers


def test_citation_query_engine(index: VectorStoreIndex, llm: ClaudeFoundry) -> None:
    """LlamaIndex's engine for numbered sources answers, and gives them."""
    answer = CitationQueryEngine.from_args(index, llm=llm, similarity_top_k=3).query(QUESTION)
    assert "1006" in str(answer)
    assert len(answer.source_nodes) == 3


@models
@pytest.mark.parametrize(("verdict", "passing"), [("YES", True), ("NO", False)])
def test_evaluator(model: str, verdict: str, passing: bool) -> None:
    """An evaluator reads the verdict out of an answer."""
    llm, _ = llm_of(*[message({"type": "text", "text": verdict})] * 2, model=model)
    result = FaithfulnessEvaluator(llm=llm).evaluate(response="1006 kilometres.", contexts=[NODES[0].text])
    assert result.passing is passing
