"""Answers from documents: their sentences that match a question best, by BM25, with citations where asked for.

Sources: https://platform.claude.com/docs/en/build-with-claude/citations,
https://platform.claude.com/docs/en/build-with-claude/search-results,
https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from claude_foundry.emulator._seal import opened, sealed
from claude_foundry.emulator._turn import Block, blocks
from claude_foundry.emulator._words import sentences, stems, texts

Citation = dict[str, Any]

_MOST_SENTENCES = 3
# A sentence counts when it matches at least this part of the best one's score.
_NEAR_BEST = 0.5


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A sentence of a document, and how to cite it when the document allows it."""

    text: str
    citation: Citation | None = None


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question put in one text with the documents it is about, and the answer so far when there is one."""

    query: str
    context: str
    so_far: str = ""


def best(passages: Sequence[Passage], query: str) -> list[Passage]:
    """Gives the passages that match a query best, in the order of the documents; none when no word matches."""
    scores = _scores([stems(passage.text) for passage in passages], set(stems(query)))
    top = max(scores, default=0.0)
    if top <= 0:
        return []
    ranked = sorted(range(len(passages)), key=lambda place: -scores[place])[:_MOST_SENTENCES]
    return [passages[place] for place in sorted(ranked) if scores[place] >= _NEAR_BEST * top]


def ranked(documents: Sequence[str], query: str) -> list[int]:
    """Gives the places of the documents that match a query, the best first."""
    scores = _scores([stems(document) for document in documents], set(stems(query)))
    return sorted((place for place, score in enumerate(scores) if score > 0), key=lambda place: -scores[place])


def passages(messages: Iterable[Mapping[str, Any]]) -> list[Passage]:
    """Gives the sentences of all documents and search results in a conversation."""
    found: list[Passage] = []
    documents = searches = 0
    read: set[str] = set()
    for block in _sources(messages):
        match block:
            case {"type": "document"}:
                found += _of_document(block, documents)
                documents += 1
            case {"type": "search_result"}:
                found += _of_search_result(block, searches)
                searches += 1
            # Several searches may find the same page.
            case {"type": "web_search_result", "url": url} if url not in read:
                found += _of_web_page(block)
                read.add(url)
    return found


def plain(text: str) -> list[Passage]:
    """Gives the sentences of a text that is not cited."""
    return [Passage(text=text[start:end]) for start, end in sentences(text)]


def asked(prompt: str) -> Asked | None:
    """Finds documents and question in a prompt that holds both, as retrieval frameworks write it."""
    enclosed = _between_rules(prompt) or _between_tags(prompt)
    labelled = _labelled(enclosed.after if enclosed else prompt)
    context = enclosed.inside if enclosed else labelled.get("context", "")
    query = labelled.get("query") or _rest_of_line(prompt, "query is as follows:")
    if not query and enclosed and enclosed.tagged:
        query = enclosed.after
    so_far = labelled.get("so_far") or (_existing_answer(enclosed.before) if enclosed else "")
    found = Asked(query=query.strip(), context=context.strip(), so_far=so_far.strip())
    return found if found.query and found.context else None


def background(system: str) -> str | None:
    """Gives the documents that a system prompt holds: between rules or tags, or after a word such as ``Context:``."""
    enclosed = _between_tags(system) or _between_rules(system)
    if enclosed and (enclosed.tagged or "context" in enclosed.before.lower()):
        return enclosed.inside
    announced = _ANNOUNCED.search(system)
    return system[announced.end() :] if announced else None


@dataclass(frozen=True, kw_only=True)
class _Enclosed:
    before: str
    inside: str
    after: str
    tagged: bool


# Prompts may be long: these patterns look at a line at most.
_RULE = re.compile(r"^[ \t]*-{3,}[ \t]*$", re.MULTILINE)
_TAG = re.compile(r"<(context|documents?|sources)>", re.IGNORECASE)
_LABEL = re.compile(
    r"^[ \t]*((?:new |original |helpful |refined )?(?:context|query|question|answer))[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_LABELS = {
    **dict.fromkeys(("context", "new context"), "context"),
    **dict.fromkeys(("query", "question"), "query"),
    "original answer": "so_far",
}
_ANNOUNCED = re.compile(r"\b(?:context|documents?|sources)\b[^\n]{0,80}:(?=\s*\S)", re.IGNORECASE)


def _between_rules(text: str) -> _Enclosed | None:
    rules = list(_RULE.finditer(text))
    if len(rules) < 2:
        return None
    first, last = rules[0], rules[-1]
    inside = text[first.end() : last.start()]
    return _Enclosed(before=text[: first.start()], inside=inside, after=text[last.end() :], tagged=False)


def _between_tags(text: str) -> _Enclosed | None:
    opening = _TAG.search(text)
    end = text.rfind(f"</{opening[1]}>") if opening else -1
    if opening is None or end < 0:
        return None
    after = text[end:].partition(">")[2]
    return _Enclosed(before=text[: opening.start()], inside=text[opening.end() : end], after=after, tagged=True)


def _labelled(text: str) -> dict[str, str]:
    """Gives what follows each label at a line's start, up to the next label."""
    labels = list(_LABEL.finditer(text))
    ends = [*(label.start() for label in labels), len(text)][1:]
    return {
        _LABELS.get(label[1].lower(), "answer"): text[label.end() : end]
        for label, end in zip(labels, ends, strict=True)
    }


def _rest_of_line(text: str, label: str) -> str:
    return text.partition(label)[2].partition("\n")[0]


def _existing_answer(text: str) -> str:
    """Gives the answer so far, without the sentence that says what to do with it."""
    lines = text.partition("existing answer:")[2].split("\n")
    end = next((place for place, line in enumerate(lines) if "refine" in line), len(lines))
    return "\n".join(lines[:end])


def _sources(messages: Iterable[Mapping[str, Any]]) -> Iterator[Block]:
    for message in messages:
        for block in blocks(message["content"]):
            yield block
            match block:
                case {"type": "tool_result"}:
                    yield from blocks(block.get("content"))
                case {"type": "web_search_tool_result", "content": [*results]}:
                    yield from results
                case {"type": "web_fetch_tool_result", "content": {"content": document}}:
                    yield document


def _of_document(block: Block, index: int) -> Iterator[Passage]:
    cited = bool((block.get("citations") or {}).get("enabled"))
    start = {
        "document_index": index,
        "document_title": block.get("title"),
        "file_id": block["source"].get("file_id"),
    }
    match block["source"]:
        case {"type": "text", "data": text}:
            yield from _by_characters(text, {"type": "char_location", **start} if cited else None)
        case {"type": "content", "content": content}:
            place = {"type": "content_block_location", **start} if cited else None
            yield from _by_blocks(texts(content), place)


def _of_search_result(block: Block, index: int) -> Iterator[Passage]:
    cited = bool((block.get("citations") or {}).get("enabled"))
    place = {"source": block["source"], "title": block["title"], "search_result_index": index}
    yield from _by_blocks(texts(block["content"]), {"type": "search_result_location", **place} if cited else None)


def _of_web_page(block: Block) -> Iterator[Passage]:
    place = {"type": "web_search_result_location", "url": block["url"], "title": block["title"]}
    for number, passage in enumerate(plain(opened(block["encrypted_content"]) or "")):
        index = sealed(f"{block['url']}#{number}")
        yield Passage(text=passage.text, citation={**place, "cited_text": passage.text, "encrypted_index": index})


def _by_characters(text: str, place: Citation | None) -> Iterator[Passage]:
    for start, end in sentences(text):
        span = {"cited_text": text[start:end], "start_char_index": start, "end_char_index": end}
        yield Passage(text=text[start:end], citation=place and {**place, **span})


def _by_blocks(parts: Iterable[str], place: Citation | None) -> Iterator[Passage]:
    for number, part in enumerate(parts):
        span = {"cited_text": part, "start_block_index": number, "end_block_index": number + 1}
        for start, end in sentences(part):
            yield Passage(text=part[start:end], citation=place and {**place, **span})


def _scores(documents: Sequence[Sequence[str]], query: set[str]) -> list[float]:
    """Okapi BM25 with its usual constants."""
    count = len(documents)
    holding = Counter(word for document in documents for word in query.intersection(document))
    average = sum(map(len, documents)) / max(count, 1) or 1.0
    weight = {word: math.log(1 + (count - held + 0.5) / (held + 0.5)) for word, held in holding.items()}
    return [_score(Counter(document), weight, length=len(document) / average) for document in documents]


def _score(document: Counter[str], weight: Mapping[str, float], *, length: float) -> float:
    half = 1.2 * (0.25 + 0.75 * length)
    return sum(weight[word] * seen * 2.2 / (seen + half) for word in weight if (seen := document[word]))
