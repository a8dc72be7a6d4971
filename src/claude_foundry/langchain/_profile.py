"""A model's limits and abilities in LangChain's words.

Source: https://docs.langchain.com/oss/python/langchain/models (model profiles)
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from langchain_core.language_models.model_profile import ModelProfile

from claude_foundry._models import Model, known
from claude_foundry._reasoning import BUDGETS

_COLUMNS = {
    "max_input_tokens": "context_window",
    "max_output_tokens": "max_output_tokens",
    "tool_choice": "forced_tool_choice",
    "structured_output": "structured_output",
    "temperature": "sampling",
    "reasoning_effort_default": "default_effort",
}
"""The columns of the models' table that a profile has words for."""


class Resolved(dict[str, Any]):
    """A profile that remembers which part of it the caller gave."""

    def __init__(self, whole: Mapping[str, Any], given: Mapping[str, Any]) -> None:
        super().__init__(whole)
        self.given = dict(given)

    def __reduce__(self) -> tuple[type["Resolved"], tuple[dict[str, Any], dict[str, Any]]]:
        return type(self), (dict(self), self.given)


def given(whole: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Gives the part of a profile that the caller gave: all of it, where it was not resolved here."""
    return whole.given if isinstance(whole, Resolved) else whole or {}


def merged(model: Model, own: Mapping[str, Any]) -> Any:
    """Gives the profile of a model with the caller's own entries over it; None where nothing is known of it."""
    whole = {**(profile(model) or {}), **own}
    return Resolved(whole, own) if whole else None


def applied(model: Model, own: Mapping[str, Any]) -> Model:
    """Gives what is known of a model, with what the caller's own entries of its profile say instead."""
    if not own:
        return model
    named = known(str(own.get("name"))) if model.name is None else model
    columns = {column: own[name] for name, column in _COLUMNS.items() if own.get(name) is not None}
    levels = own.get("reasoning_effort_levels")
    # Of a known model without efforts, the levels of a profile stand for budgets of tokens.
    if levels is not None and (named.efforts or named.name is None):
        columns["efforts"] = tuple(levels)
    return replace(named, **columns)


def profile(model: Model) -> ModelProfile | None:
    """Gives the profile of a known model, or None for an unknown one."""
    if model.name is None:
        return None
    return ModelProfile(
        name=model.name,
        max_input_tokens=model.context_window,
        max_output_tokens=model.max_output_tokens,
        text_inputs=True,
        image_inputs=True,
        image_url_inputs=True,
        pdf_inputs=True,
        image_tool_message=True,
        pdf_tool_message=True,
        text_outputs=True,
        reasoning_output=True,
        **_efforts(model),
        tool_calling=True,
        tool_call_streaming=True,
        attachment=True,
        tool_choice=model.forced_tool_choice,
        structured_output=model.structured_output,
        temperature=model.sampling,
    )


def _efforts(model: Model) -> ModelProfile:
    levels = list(model.efforts or BUDGETS)
    # Where a model takes no effort, each level is a budget of tokens.
    return {"reasoning_effort_levels": levels, **_default(model)}


def _default(model: Model) -> ModelProfile:
    return {} if model.default_effort is None else {"reasoning_effort_default": model.default_effort}
