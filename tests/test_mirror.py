"""The two shells are one text but for ``await``."""

import ast
import re
from collections.abc import Iterator
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
    (r"\b(_?)Async(?=[A-Z])", r"\1"),
    (r"\b(_?)a?sync_(?=[a-z])", r"\1"),
    (r"\bhttp_async_client\b", "http_client"),
    (r"\bhandle_async_request\b", "handle_request"),
    (r"\bin_loop=True\b", "in_loop=False"),
    (r"\bag_running\b", "gi_running"),
    (r"\ba(close|closing|iter_bytes|iter|next|read)\b", r"\1"),
    (r"__a(enter|exit|iter|next)__", r"__\1__"),
    (r"\bStopAsyncIteration\b", "StopIteration"),
    (r"\bAwaitable\[((?:[^\[\]]|\[[^\[\]]*\])*)\]", r"\1"),
    (r"ResponseAsyncGen\b", "ResponseGen"),
    (r"\bself\.a(?=chat\()", "self."),
    # What waits for a file is done in a thread.
    (r"\basyncio\.to_thread\(([\w.]+), ", r"\1("),
    # What must be awaited is refused where there is no loop.
    (r"(?<!def )\b(?:hooks_)?without_event_loop\(((?:[^()]|\([^()]*\))*)\)", r"\1"),
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
PARTS = ["_through_httpx", "close", "_answered", "__iter__", "__next__"]


@pytest.mark.parametrize("name", PARTS)
def test_mirrored_parts_of_the_transports(name: str) -> None:
    """What the two transports have in common is one text but for ``await``."""
    mirrored, expected = (
        functions(without_loop(without_docstrings_and_imports((SOURCE / file).read_text())))
        for file in ("_asyncio_transport.py", "_sync_transport.py")
    )

    assert mirrored[name] == expected[name]


# Pairs of one file that differ in more than ``await``, by what makes them differ.
APART = {
    "a wait is ended from outside in a loop, and by itself without": {
        "_arrival": ["sent", "refused", "drained", "_Limited._next"],
        "_auth": ["FoundryAuth.renewed"],
        "_deadline": ["kept", "waiting"],
        "_flights": ["Flight.brought"],
        "_kept_tokens": ["KeptTokens._led"],
        "_paced": ["sent", "_sent", "_bound", "_Pace.__init__", "_Pace.__call__"],
        "_token_sources": ["ProvidedTokens.token"],
        "_waited": ["waited", "Waited.__init__", "Waited._next", "Waited.close"],
    },
    "what blocks is done in a thread for a loop": {
        "_token_sources": ["given_by"],
        "_calls": ["results", "_result"],
        "_upload": ["Upload.pieces", "Target.write"],
    },
    "each loop has its own client, and its own tasks wait for each other": {
        "_flights": ["Flight.here", "Flight.event"],
        "_http": ["Pool.__init__", "Pool.client", "Pool.close", "_client"],
    },
    "what waits for nothing does the same in a loop": {"_direct": ["Signing.signed"]},
    "what is dropped in a loop is not closed by that": {
        "llamaindex/_structured": ["StructuredPrediction.stream_structured_predict", "StructuredPrediction._growing"],
    },
    "what a hook gives is awaited in a loop": {"_hooks": ["told"]},
    "a read is cancelled in a loop alone": {"testing/_faults": ["_Noted.__iter__"]},
}


def pairs(file: Path) -> dict[str, list[str]]:
    """Gives the texts, without ``await``, of functions of a file that have one name but for the loop."""
    text = without_docstrings_and_imports(file.read_text())
    named = {node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)}
    for name in re.findall(r"async def (_?a\w+)", text):
        plain = re.sub("^(_?)a", r"\1", name)
        text = re.sub(rf"\b{name}\b", plain, text) if plain in named else text
    tree = AsWithoutLoop().visit(ast.parse(without_loop(text)))
    found: dict[str, list[str]] = {}
    for name, node in defined(ast.fix_missing_locations(tree)):
        found.setdefault(name, []).append(ast.unparse(node))
    return {name: texts for name, texts in found.items() if len(texts) > 1}


def defined(scope: ast.Module | ast.ClassDef, within: str = "") -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in scope.body:
        match node:
            case ast.ClassDef(name=name):
                yield from defined(node, f"{within}{name}.")
            case ast.FunctionDef(name=name, decorator_list=marks) if not set(map(ast.unparse, marks)) & {"overload"}:
                yield f"{within}{name}", node


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


FILES = [file for file in sorted(SOURCE.rglob("*.py")) if pairs(file)]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SOURCE)))
def test_mirrored_within_a_file(file: Path) -> None:
    """What a file has for a loop and without is one text but for ``await``, or differs for a reason."""
    name = str(file.relative_to(SOURCE).with_suffix(""))
    apart = {each for files in APART.values() for each in files.get(name, ())}

    differing = {each: texts for each, texts in pairs(file).items() if len(set(texts)) > 1}

    assert {each: texts for each, texts in differing.items() if each not in apart} == {}
    assert apart == set(differing)
