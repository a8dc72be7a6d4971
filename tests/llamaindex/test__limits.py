"""The limits of a model, as LlamaIndex plans with them."""

from claude_foundry.llamaindex._limits import default_max_tokens, half_of_window, model_of


def test_models_own_limits() -> None:
    """A model that is known has its own window and output cap."""
    model = model_of("claude-haiku-4-5", context_window=None, max_output=None)
    assert (model.context_window, model.max_output_tokens) == (200_000, 64_000)


def test_limits_of_the_users() -> None:
    """Limits that the user names take the place of the model's own."""
    model = model_of("claude-haiku-4-5", context_window=100_000, max_output=9_000)
    assert (model.name, model.context_window, model.max_output_tokens) == ("claude-haiku-4-5", 100_000, 9_000)


def test_small_window() -> None:
    """A window below the model's output cap bounds the output, and half of it stays for the prompt."""
    model = model_of("claude-haiku-4-5", context_window=8_000, max_output=None)
    assert (model.max_output_tokens, default_max_tokens(model), half_of_window(model)) == (8_000, 4_000, 4_000)


def test_usual_answer() -> None:
    """A model that can write much more writes 16,384 tokens unless told otherwise."""
    assert default_max_tokens(model_of("claude-opus-5-5", context_window=None, max_output=None)) == 16_384


def test_deployment_of_any_name() -> None:
    """A name that tells nothing has careful limits of its own."""
    model = model_of("team-a", context_window=None, max_output=None)
    assert model.name is None
    assert model.max_output_tokens <= model.context_window
