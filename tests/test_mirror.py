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
    (r"\b_async_(?=client|files|message_stream|messages|raw|raw_files|runner|sender|sending)", "_"),
    (r"\basync_(?=client\b)", ""),
    (r"\basync_(?=(sleep|told|write|pieces|sent|drained|refused|renewed|token|brought|given_by)\b)", ""),
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


@pytest.mark.parametrize("name", ["token", "_flown"])
def test_mirrored_parts_of_the_kept_tokens(name: str) -> None:
    """A token is waited for, and asked for, in one text but for ``await``."""
    text = without_loop(without_docstrings_and_imports((SOURCE / "_kept_tokens.py").read_text()))
    [plain, mirrored] = functions(text.replace("_async_", "_"))[name]

    assert mirrored == plain


# The methods of an adapter that langchain-core calls with an event loop, and those it calls without.
METHODS = [
    ("_chat_model", "_agenerate", "_generate"),
    ("_chat_model", "_astream", "_stream"),
    ("_event_hooks", "_astream_chat_model_events", "_stream_chat_model_events"),
    ("_tokens", "aget_num_tokens_from_messages", "get_num_tokens_from_messages"),
]


@pytest.mark.parametrize(("file", "asynchronous", "plain"), METHODS)
def test_mirrored_methods(file: str, asynchronous: str, plain: str) -> None:
    """A method of LangChain's chat model is the one without an event loop, but for ``await``."""
    found = functions(without_loop(without_docstrings_and_imports((SOURCE / f"langchain/{file}.py").read_text())))

    [mirrored], [expected] = found[asynchronous], found[plain]
    assert mirrored.replace(f"def {asynchronous}(", f"def {plain}(") == expected


def functions(text: str) -> dict[str, list[str]]:
    """Gives the texts of all functions, by name."""
    found: dict[str, list[str]] = {}
    for node in ast.walk(ast.fix_missing_locations(AsWithoutLoop().visit(ast.parse(text)))):
        if isinstance(node, ast.FunctionDef):
            found.setdefault(node.name, []).append(ast.unparse(node))
    return found


class AsWithoutLoop(ast.NodeTransformer):
    """Writes what waits as what does not would be written: entered in one statement, handed on with ``yield from``."""

    def visit_With(self, node: ast.With) -> ast.With:
        self.generic_visit(node)
        match node.body:
            case [ast.With(items=items, body=body)]:
                node.items, node.body = [*node.items, *items], body
        return node

    def visit_For(self, node: ast.For) -> ast.stmt:
        self.generic_visit(node)
        match node:
            case ast.For(target=ast.Name(id=each), body=[ast.Expr(value=ast.Yield(value=ast.Name(id=given)))]):
                return ast.Expr(ast.YieldFrom(node.iter)) if each == given else node
        return node
