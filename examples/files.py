"""The Files API: a file uploaded in pieces, listed, fetched back and deleted, and what a hook sees of it.

On Foundry it needs a deployment hosted on Anthropic.
"""

import tempfile
from pathlib import Path

from _service import service

from claude_foundry import BadRequestError, FoundryClient, ResponseInfo

REPORT = "Sales grew by 12 percent in the north and by 3 percent in the south.\n" * 20_000


def told(attempt: ResponseInfo) -> None:
    print(f"    {attempt.request.method} {attempt.status_code} · request-id {attempt.request_id}")


def main() -> None:
    with (
        service() as deployment,
        FoundryClient(on_response=told) as client,
        tempfile.TemporaryDirectory() as folder,
    ):
        report = Path(folder, "report.txt")
        report.write_text(REPORT)

        file = client.files.upload(report, on_progress=lambda sent, total: print(f"  {sent:,} of {total:,} bytes"))
        print(f"uploaded: {file.filename}, {file.size_bytes:,} bytes, {file.mime_type}")
        print(f"  request-id {file.request_id} · apim-request-id {file.apim_request_id}\n")

        print(f"listed: {file.id in [listed.id for listed in client.files.list(limit=100)]}")
        try:
            copy = client.files.download_to(file.id, Path(folder, "copy.txt"))
            print(f"fetched back: the same bytes: {copy.read_bytes() == report.read_bytes()}")
        except BadRequestError:
            print("not fetched back: the service gives out what tools made, not what was uploaded")

        # The first lines, in the message itself, as every deployment takes them.
        question = f"By how much did sales grow in the north?\n\n{REPORT[:200]}"
        counted = client.messages.count_tokens(model=deployment, messages=[{"role": "user", "content": question}])
        print(f"asked about in {counted.input_tokens} tokens")

        print(f"deleted: {client.files.delete(file.id).id == file.id}")


if __name__ == "__main__":
    main()
