"""Fields of a JSON object, as the API takes them, and what a caller gives for one, checked."""

import operator
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NoReturn, TypeVar

from pydantic_core import ValidationError

from claude_foundry.errors import ConfigurationError
from claude_foundry.types._wire_model import present as present

M = TypeVar("M", bound=Mapping[str, Any])


def names_of(request: Any) -> frozenset[str]:
    """Gives the names of the fields of a TypedDict."""
    return frozenset(request.__required_keys__ | request.__optional_keys__)


def whole(number: Any, *, argument: str, least: int = 1) -> int:
    """Gives a whole number as a plain one.

    Raises:
        ConfigurationError: it is none, or too small.
    """
    try:
        plain = least - 1 if isinstance(number, bool) else operator.index(number)
    except TypeError:
        plain = least - 1
    if plain < least:
        raise ConfigurationError(f"{argument}={number!r}: give a whole number of at least {least}.")
    return plain


def optional_whole(number: Any, *, argument: str) -> int | None:
    """Gives a whole number of at least 1 likewise, or None for none."""
    return None if number is None else whole(number, argument=argument)


def string(words: Any, *, argument: str) -> str:
    """Gives a string back.

    Raises:
        ConfigurationError: it is none.
    """
    if not isinstance(words, str):
        raise ConfigurationError(f"{argument} is {type(words).__name__}: give a string.")
    return words


def filled(words: Any, *, argument: str) -> str:
    """Gives a string back that says something; the API refuses blank texts.

    Raises:
        ConfigurationError: it is no string, or blank.
    """
    if not string(words, argument=argument).strip():
        raise ConfigurationError(f"{argument} is blank: give some text, or leave it out.")
    return str(words)


def listed(texts: Any, *, argument: str) -> list[str]:
    """Gives strings that say something as a list.

    Raises:
        ConfigurationError: they are something else; one string alone too, which would be taken letter by letter.
    """
    several_texts = several(texts, argument=argument, instead="a list of strings")
    return [filled(text, argument=f"{argument}[{place}]") for place, text in enumerate(several_texts)]


def no_constant(constant: str) -> NoReturn:
    """Refuses what Python reads and writes as JSON, and JSON does not have.

    Raises:
        ValueError: always.
    """
    raise ValueError(f"JSON has no {constant}")


def several(items: Any, *, argument: str, instead: str) -> list[Any]:
    """Gives what is listed as a list.

    Raises:
        ConfigurationError: it is one alone, or nothing that lists; ``instead`` tells what to give.
    """
    if isinstance(items, str | bytes | Mapping) or not isinstance(items, Iterable):
        raise ConfigurationError(f"{argument} is {type(items).__name__}: give {instead}.")
    return list(items)


def one_of(choices: Collection[str], given: Any, *, argument: str) -> str:
    """Gives back what was chosen.

    Raises:
        ConfigurationError: it is no choice.
    """
    if not isinstance(given, str) or given not in choices:
        raise ConfigurationError(f"{argument}={given!r}: give one of {', '.join(map(repr, choices))}.")
    return given


def mapping(fields: M, *, argument: str, instead: str = "give a dict") -> M:
    """Gives a dict back.

    Raises:
        ConfigurationError: it is none; ``instead`` tells the way out.
    """
    if not isinstance(fields, Mapping):
        raise ConfigurationError(f"{argument} is {type(fields).__name__}: {instead}.")
    return fields


def made(make: Callable[..., None], settings: Mapping[str, Any]) -> None:
    """Makes an object of pydantic's.

    Raises:
        ConfigurationError: a setting has no value of its type; its name and what it takes are told, not its value.
    """
    wrong: dict[str, list[str]] = {}
    try:
        make(**settings)
    except ValidationError as error:
        # A setting that takes values of several types is wrong in as many ways.
        for each in error.errors():
            wrong.setdefault(str(each["loc"][0] if each["loc"] else "settings"), []).append(each["msg"])
    if wrong:
        raise ConfigurationError("; ".join(f"{name}: {' or '.join(told)}" for name, told in wrong.items()) + ".")
