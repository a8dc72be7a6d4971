"""What a caller gives the emulator."""

from typing import Any

import pytest

from claude_foundry import ConfigurationError
from claude_foundry.emulator import Emulator, EmulatorTransport
from claude_foundry.emulator._respond import State
from claude_foundry.emulator._settings import deployments, resources

from . import web


def test_defaults() -> None:
    """Without settings there are no pages and no functions, and ten steps in an answer."""
    plain = resources()
    assert (dict(plain.pages), dict(plain.functions), plain.most_steps) == ({}, {}, 10)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"refused": "a bomb"}, "refused is str: give a list of strings"),
        ({"max_server_steps": 0}, "max_server_steps=0: give a whole number of at least 1"),
        ({"max_server_steps": 1.5}, "max_server_steps=1.5: give a whole number"),
        ({"max_server_steps": True}, "max_server_steps=True: give a whole number"),
        ({"port": 99_999}, "port=99999: give a port from 0 to 65,535"),
        ({"port": -1}, "port=-1: give a whole number of at least 0"),
        ({"port": "x"}, "port='x': give a whole number"),
        ({"api_key": 5}, "api_key is int: give a string"),
        ({"api_key": " "}, "api_key is blank"),
        ({"api_key": "two words"}, "api_key holds characters that no key has"),
        ({"deployments": ["a"]}, "deployments is list: give base models by name, such as"),
        ({"deployments": {"d": "claude-opuss-5"}}, "'claude-opuss-5' is no model known here: give one of claude-"),
        ({"deployments": {"d": None}}, r"deployments\['d'\] is NoneType: give a string"),
        ({"deployments": {5: "claude-opus-5-5"}}, "a name in deployments is int: give a string"),
        ({"unsupported": {"claude-opus-5-5": "web_search"}}, r"unsupported\['claude-opus-5-5'\] is str: give a list"),
        ({"unsupported": ["web_search"]}, "unsupported is list: give features by deployment name, such as"),
        ({"pages": ["https://a.example"]}, "pages is list: give texts or HTML by address"),
        ({"pages": {"a.example": "text"}}, "give each page an address such as"),
        ({"pages": {"https://a.example": 5}}, r"pages\['https://a.example'\] is int: give a string"),
        ({"mcp_functions": [print]}, "mcp_functions is list: give lists of functions by server name"),
        ({"mcp_functions": {"learn": print}}, r"mcp_functions\['learn'\]: give a list of functions"),
    ],
)
def test_settings_that_cannot_be(setting: dict[str, Any], said: str) -> None:
    """A setting that cannot be used is told by its name, with what to give in its place, before anything listens."""
    with pytest.raises(ConfigurationError, match=said):
        Emulator(**setting)


def test_base_models_in_other_words() -> None:
    """A base model is named as a deployment's model is anywhere, with a date too."""
    assert deployments({"d": "claude-opus-4-5-20251101"}) == {"d": "claude-opus-4-5-20251101"}


def test_settings_stand_alone() -> None:
    """A state given to the transport has its own settings."""
    with pytest.raises(ConfigurationError, match="state has its own"):
        EmulatorTransport(State(), pages=web.PAGES)
