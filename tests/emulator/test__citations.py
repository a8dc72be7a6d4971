"""Citations that are sent back, with the vendor's SDK as judge of their fields."""

from typing import Any, get_args, get_type_hints

import pytest
from anthropic.types import TextCitationParam

from claude_foundry import FoundryClient, content
from claude_foundry.emulator import Emulator

from . import wire
from .wire import assistant, user

HINTS = {
    get_args(hints["type"])[0]: {name: hint for name, hint in hints.items() if name != "type"}
    for hints in map(get_type_hints, get_args(TextCitationParam))
}
FIELDS = [(kind, name) for kind, hints in HINTS.items() for name in hints]


def citation(kind: str, **fields: Any) -> dict[str, Any]:
    """Gives a citation with every field that the SDK's type has."""
    return {"type": kind, **{name: 0 if hint is int else "Words." for name, hint in HINTS[kind].items()}, **fields}


def sent(cited: Any) -> tuple[dict[str, Any], ...]:
    said = {"type": "text", "text": "It turns.", "citations": cited}
    return user("Does the lamp turn?"), assistant([said]), user("Thanks!")


@pytest.mark.parametrize("kind", HINTS)
def test_whole_citations(kind: str) -> None:
    """A citation with the fields of the SDK's type is taken."""
    wire.answer(*sent([citation(kind), citation(kind)]))


@pytest.mark.parametrize(("kind", "name"), FIELDS)
def test_missing_fields(kind: str, name: str) -> None:
    """Every field must be there, a title too, which may be null."""
    partial = {each: value for each, value in citation(kind).items() if each != name}

    assert wire.complaint(*sent([partial])) == f"messages.1.content.0.text.citations.0.{kind}.{name}: Field required"


@pytest.mark.parametrize(("kind", "name"), FIELDS)
def test_values(kind: str, name: str) -> None:
    """Null is refused where the SDK's type does not have it, and so is a value of another type."""
    nullable = type(None) in get_args(HINTS[kind][name])
    wanted = "integer" if HINTS[kind][name] is int else "string"

    assert wire.send(*sent([citation(kind, **{name: None})])).status == (200 if nullable else 400)
    said = wire.complaint(*sent([citation(kind, **{name: [1]})]))
    assert said == f"messages.1.content.0.text.citations.0.{kind}.{name}: Input should be a valid {wanted}"


@pytest.mark.parametrize("kind", HINTS)
def test_fields_of_answers(kind: str) -> None:
    """The file's id, which citations of an answer have, is not taken back."""
    said = wire.complaint(*sent([citation(kind, file_id=None)]))

    assert said == f"messages.1.content.0.text.citations.0.{kind}.file_id: Extra inputs are not permitted"


@pytest.mark.parametrize(
    ("cited", "said"),
    [
        ("page 3", "citations: Input should be a valid list"),
        (["page 3"], "citations.0: Input should be an object"),
        ([{"cited_text": "a"}], "citations.0.type: Field required"),
        ([{"type": "line_location"}], "citations.0: Input tag 'line_location' found using 'type' does not match"),
    ],
)
def test_no_citations(cited: Any, said: str) -> None:
    """What is no citation is refused."""
    assert wire.complaint(*sent(cited)).startswith(f"messages.1.content.0.text.{said}")


@pytest.mark.parametrize("title", ["Manual", None])
def test_answers_of_ours(title: str | None) -> None:
    """An answer that cites a document, with a title or without, is sent back by the client as the service takes it."""
    manual = content.text_document("The lamp turns once in ten seconds.", title=title, citations=True)
    asked: Any = {"role": "user", "content": [manual, content.text("How long does a turn of the lamp take?")]}
    with Emulator() as emulator, FoundryClient(base_url=emulator.base_url, api_key=emulator.api_key) as client:
        fields: Any = {"model": "claude-opus-5-5", "max_tokens": 100}
        answer = client.messages.create(**fields, messages=[asked])
        thanks: Any = {"role": "user", "content": "Thanks!"}

        client.messages.create(**fields, messages=[asked, answer.to_param(), thanks])

    assert answer.citations
