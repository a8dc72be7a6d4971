"""Docstrings: what one says of a function, and what of each parameter, in the three styles that are common.

Sources: https://google.github.io/styleguide/pyguide.html#383-functions-and-methods,
https://www.sphinx-doc.org/en/master/usage/domains/python.html#info-field-lists,
https://numpydoc.readthedocs.io/en/latest/format.html#parameters
"""

import re
import textwrap
from collections.abc import Iterator

_GOOGLE = re.compile(r"^(?:Args|Arguments|Parameters):[ \t]*\n((?:[ \t]+\S.*(?:\n|\Z)|[ \t]*\n)*)", re.MULTILINE)
_GOOGLES = re.compile(r"^\*{0,2}(\w+)[ \t]*(?:\([^)\n]*\))?:[ \t]*(.*(?:\n[ \t]+.*|\n(?=\n|[ \t]))*)", re.MULTILINE)
_NUMPY = re.compile(
    r"^(?:Other )?Parameters[ \t]*\n-{3,}[ \t]*\n(.*?)(?=^\S[^\n]*\n[-=]{3,}[ \t]*$|\Z)", re.DOTALL | re.MULTILINE
)
_NUMPYS = re.compile(
    r"^(\*{0,2}\w+(?:, *\*{0,2}\w+)*)[ \t]*(?::.*)?\n((?:[ \t]+\S.*(?:\n|\Z)|[ \t]*\n)*)", re.MULTILINE
)
_FIELD = re.compile(
    r"^:(?P<kind>param|parameter|arg|argument|key|keyword|type)[ \t]+(?:[^:\n]*?[ \t])?\*{0,2}(?P<name>\w+):"
    r"[ \t]*(?P<words>.*(?:\n[ \t]+\S.*)*)\n?",
    re.MULTILINE,
)


def read(text: str) -> tuple[str, dict[str, str]]:
    """Gives a docstring without what it says of parameters, and that by their names.

    Args:
        text: of the docstring, dedented.
    """
    described = {name: " ".join(words.split()) for name, words in _described(text)}
    without = _FIELD.sub("", _NUMPY.sub("", _GOOGLE.sub("\n", text))) if described else text
    return re.sub(r"\n{3,}", "\n\n", without).strip(), described


def _described(text: str) -> Iterator[tuple[str, str]]:
    for field in _FIELD.finditer(text):
        if field["kind"] != "type" and field["words"]:
            yield field["name"], field["words"]
    for section in _GOOGLE.finditer(text):
        for name, words in _GOOGLES.findall(textwrap.dedent(section[1])):
            yield name, words
    for section in _NUMPY.finditer(text):
        for names, words in _NUMPYS.findall(textwrap.dedent(section[1])):
            yield from ((name.strip(" *"), words) for name in names.split(",") if words.strip())
