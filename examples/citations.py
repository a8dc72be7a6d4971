"""An answer that cites its documents: which words of which file each statement rests on."""

from pathlib import Path

from _service import service

from claude_foundry import FoundryClient, content
from claude_foundry.types import CitationCharLocation, TextBlock

HANDBOOK = Path(__file__).parent / "handbook"
QUESTION = "How soon must a lost laptop be reported, and who pays for a desk at home?"


def main() -> None:
    documents = [content.document(path, title=path.name, citations=True) for path in sorted(HANDBOOK.glob("*.txt"))]
    with service() as deployment, FoundryClient() as client:
        answer = client.messages.create(
            model=deployment,
            max_tokens=512,
            messages=[{"role": "user", "content": [*documents, content.text(QUESTION)]}],
        )
    print(f"question: {QUESTION}\n")
    for block in answer.content:
        if isinstance(block, TextBlock):
            print(block.text.strip())
            for citation in block.citations or []:
                if isinstance(citation, CitationCharLocation):
                    print(f"  {citation.document_title}: {citation.cited_text.strip()!r}")
    print(f"\n  in {answer.usage.input_tokens}, out {answer.usage.output_tokens} tokens")
    print(f"  request-id {answer.request_id} · apim-request-id {answer.apim_request_id}")


if __name__ == "__main__":
    main()
