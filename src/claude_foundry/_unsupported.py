"""Names of the Claude API that Microsoft Foundry does not have: using one says so before anything is sent.

Source: https://platform.claude.com/docs/en/build-with-claude/claude-in-microsoft-foundry (features not supported)
"""

from typing import NoReturn

from claude_foundry.errors import UnsupportedOnFoundryError


class Unsupported:
    """Stands where the vendor's client has a feature; every use of it raises UnsupportedOnFoundryError."""

    def __init__(self, name: str, *, instead: str) -> None:
        self._sentence = f"Microsoft Foundry does not have {name}. {instead}"

    def __getattr__(self, attribute: str) -> NoReturn:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        raise UnsupportedOnFoundryError(self._sentence)

    def __call__(self, *_: object, **__: object) -> NoReturn:
        raise UnsupportedOnFoundryError(self._sentence)


MODELS = Unsupported(
    "the Models API",
    instead="`model` is a deployment name: list the deployments of the resource in the Foundry portal or with `az`.",
)
BATCHES = Unsupported(
    "message batches",
    instead="Send the requests one by one; AsyncFoundryClient keeps many under way at once.",
)
ADMIN = Unsupported(
    "the Admin, Usage and Compliance APIs",
    instead="Roles, quota and cost are managed in Azure: the portal, `az`, or the Azure management SDKs.",
)
