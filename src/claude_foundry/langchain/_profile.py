"""A model's limits and abilities in LangChain's words.

Source: https://docs.langchain.com/oss/python/langchain/models (model profiles)
"""

from langchain_core.language_models.model_profile import ModelProfile

from claude_foundry._models import Model
from claude_foundry._reasoning import BUDGETS


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
