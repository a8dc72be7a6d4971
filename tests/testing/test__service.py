"""Whom the tests of a run talk to."""

import pytest

import claude_foundry
from claude_foundry import FoundryClient
from claude_foundry.emulator import Emulator
from claude_foundry.errors import ConfigurationError
from claude_foundry.testing._cassette import ENDPOINT
from claude_foundry.testing._service import CASSETTES, emulated, real_service

KEY = "k3y-of-the-real-service"


@pytest.mark.parametrize("environ", [{}, {"ANTHROPIC_FOUNDRY_API_KEY": KEY}, {"ANTHROPIC_FOUNDRY_RESOURCE": ""}])
def test_without_an_endpoint_there_is_no_real_service(environ: dict[str, str]) -> None:
    """A key alone, or an empty name, does not lead to the real service."""
    assert real_service(environ, entra_installed=True) is None


@pytest.mark.parametrize(
    ("environ", "base_url"),
    [
        ({"ANTHROPIC_FOUNDRY_RESOURCE": "contoso"}, "https://contoso.services.ai.azure.com/anthropic"),
        ({"ANTHROPIC_FOUNDRY_BASE_URL": "https://gate.example/claude"}, "https://gate.example/claude"),
    ],
)
def test_the_environment_names_the_real_service(environ: dict[str, str], base_url: str) -> None:
    """A resource or a base URL with a key gives what a client needs, and the key in no repr."""
    service = real_service({**environ, "ANTHROPIC_FOUNDRY_API_KEY": KEY}, entra_installed=False)

    assert service is not None
    assert service.recorded_from == "Microsoft Foundry"
    assert FoundryClient(**service.endpoint).base_url == service.base_url == base_url
    assert service.endpoint["api_key"].get_secret_value() == KEY
    assert KEY not in repr(service)


def test_without_a_key_the_client_signs_in_with_entra() -> None:
    """An endpoint alone leaves the sign-in to DefaultAzureCredential, where it is installed."""
    service = real_service({"ANTHROPIC_FOUNDRY_RESOURCE": "contoso"}, entra_installed=True)

    assert service is not None
    assert "api_key" not in service.endpoint
    with pytest.raises(ConfigurationError, match="No sign-in"):
        real_service({"ANTHROPIC_FOUNDRY_RESOURCE": "contoso"}, entra_installed=False)


def test_this_machine_is_not_the_real_service() -> None:
    """Who answers on a loopback address is not recorded as Microsoft Foundry."""
    environ = {"ANTHROPIC_FOUNDRY_BASE_URL": "http://localhost:8000", "ANTHROPIC_FOUNDRY_API_KEY": KEY}

    with pytest.raises(ConfigurationError, match="names this machine"):
        real_service(environ, entra_installed=False)


def test_an_emulator_is_called_by_its_version(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A recording from the emulator says so, and the client reaches it."""
    monkeypatch.delenv("ANTHROPIC_FOUNDRY_ALLOW_INSECURE_LOOPBACK")
    service = emulated(emulator)

    with FoundryClient(**service.endpoint) as client:
        count = client.messages.count_tokens(model="claude-haiku-4-5", messages=[{"role": "user", "content": "Hi"}])

    assert service.recorded_from == f"emulator {claude_foundry.__version__}"
    assert count.input_tokens > 0


def test_cassettes_are_played_at_the_example_host() -> None:
    """On replay a client is built for the documented example resource, without a credential of anybody's."""
    assert FoundryClient(**CASSETTES.endpoint).base_url == CASSETTES.base_url == ENDPOINT
