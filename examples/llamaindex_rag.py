"""Answers from files with LlamaIndex: a BM25 retriever over a handbook, a streamed answer, and its sources."""

from pathlib import Path
from typing import Any

from _service import service
from llama_index.core import SimpleDirectoryReader
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.retrievers.bm25 import BM25Retriever

from claude_foundry.llamaindex import ClaudeFoundry

HANDBOOK = Path(__file__).parent / "handbook"
QUESTIONS = ["How soon must a lost laptop be reported?", "Up to what price are hotel rooms reimbursed in Paris?"]


def main() -> None:
    documents = SimpleDirectoryReader(input_dir=HANDBOOK).load_data()
    nodes = SentenceSplitter(chunk_size=128, chunk_overlap=16).get_nodes_from_documents(documents)
    retriever = BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=2)
    with service() as deployment:
        llm = ClaudeFoundry(model=deployment, max_tokens=512)
        engine = RetrieverQueryEngine.from_args(retriever, llm=llm, streaming=True)
        for question in QUESTIONS:
            answer: Any = engine.query(question)
            print(f"question: {question}\nanswer: ", end="")
            for text in answer.response_gen:
                print(text, end="", flush=True)
            print()
            for source in answer.source_nodes:
                print(f"  source: {source.node.metadata['file_name']} (score {source.score:.2f})")
            print()
        show(llm)


def show(llm: ClaudeFoundry) -> None:
    known = llm.complete("In one sentence: what is a handbook for?").additional_kwargs
    print(f"usage of one call: in {known['prompt_tokens']}, out {known['completion_tokens']} tokens")
    print(f"  request-id {known['request_id']} · apim-request-id {known['apim_request_id']}")


if __name__ == "__main__":
    main()
