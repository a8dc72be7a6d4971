"""The two shells are one text but for ``await``."""

import ast
import re
from pathlib import Path

import pytest

import claude_foundry

SOURCE = Path(claude_foundry.__file__).parent
PAIRS = [
    (f"_{name}.py", f"_async_{name}.py")
    for name in ("client", "files", "message_stream", "messages", "raw", "raw_files", "runner", "sender")
]
PAIRS += [(f"{adapter}/_sending.py", f"{adapter}/_async_sending.py") for adapter in ("langchain", "llamaindex")]
WITHOUT_LOOP = [
    (r"\bawait ", ""),
    (r"\basync (def|for|with)\b", r"\1"),
    (r"\bAsync(?=[A-Z])", ""),
    (r"\b(AsyncPool|AsyncSender)\b", lambda found: found[1].removeprefix("Async")),
    (r"\b_async_(?=client|files|message_stream|messages|raw|raw_files|runner|sender)", "_"),
    (r"\basync_(?=(sleep|told|write|pieces|sent|drained|renewed)\b)", ""),
    (r"\baclose\b", "close"),
    (r"\basync_results\b", "results"),
    (r"\bin_loop=True\b", "in_loop=False"),
    (r"\baread\b", "read"),
    (r"\baclosing\b", "closing"),
    (r"\baiter_bytes\b", "iter_bytes"),
    (r"__a(enter|exit|iter)__", r"__\1__"),
    (r"\bAwaitable\[([\w.]+)\]", r"\1"),
    # What must be awaited is refused where there is no loop.
    (r"\b(?:hooks_)?without_event_loop\(((?:[^()]|\([^()]*\))*)\)", r"\1"),
]


def without_docstrings_and_imports(text: str) -> str:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if not isinstance(body, list):
            continue
        node.body = [item for item in body if not isinstance(item, ast.Import | ast.ImportFrom)]
        first = node.body[0] if node.body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            node.body = node.body[1:]
        node.body = node.body or [ast.Pass()]
    return ast.unparse(tree)


def without_loop(text: str) -> str:
    for pattern, replacement in WITHOUT_LOOP:
        text = re.sub(pattern, replacement, text)
    return text


@pytest.mark.parametrize(("plain", "asynchronous"), PAIRS)
def test_mirror(plain: str, asynchronous: str) -> None:
    """Without ``await`` the asynchronous shell is the synchronous one, statement by statement."""
    mirrored, expected = (
        ast.unparse(ast.parse(without_loop(without_docstrings_and_imports((SOURCE / name).read_text()))))
        for name in (asynchronous, plain)
    )

    assert mirrored.splitlines() == expected.splitlines()


# How a connection is made and waited for differs with what waits; what becomes of it does not.
PARTS = ["_through_httpx", "close", "_answered", "__iter__"]


@pytest.mark.parametrize("name", PARTS)
def test_mirrored_parts_of_the_transports(name: str) -> None:
    """What the two transports have in common is one text but for ``await``."""
    mirrored, expected = (
        functions(without_loop(without_docstrings_and_imports((SOURCE / file).read_text())).replace("_async_", "_"))
        for file in ("_asyncio_transport.py", "_sync_transport.py")
    )

    assert mirrored[name] == expected[name]


def functions(text: str) -> dict[str, list[str]]:
    """Gives the texts of all functions, by name."""
    found: dict[str, list[str]] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            found.setdefault(node.name, []).append(ast.unparse(node))
    return found
