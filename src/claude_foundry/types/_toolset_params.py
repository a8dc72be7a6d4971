"""Sets of tools that the API defines and the caller runs: a screen, and a browser with what it reports back.

Microsoft Foundry does not offer the two sets.

Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/tool-reference
"""

from collections.abc import Iterable, Mapping
from typing import Literal, Required, TypeAlias, TypedDict

from claude_foundry.types._config_params import CacheControlEphemeralParam


class ToolsetMemberConfigParam(TypedDict, total=False):
    """Whether a tool of the set is offered, and when."""

    enabled: bool | None
    defer_loading: bool | None
    """The same for all tools of the set."""


class ComputerToolsetParam(TypedDict, total=False):
    """A screen, mouse and keyboard that the caller drives, one tool an action."""

    type: Required[Literal["computer_toolset_20260801"]]
    configs: Mapping[str, ToolsetMemberConfigParam | None] | None
    """By the name of the tool, such as ``zoom``."""
    cache_control: CacheControlEphemeralParam | None


class BrowserToolsetParam(TypedDict, total=False):
    """A browser that the caller drives, one tool an action."""

    type: Required[Literal["browser_toolset_20260801"]]
    configs: Mapping[str, ToolsetMemberConfigParam | None] | None
    """By the name of the tool, such as ``javascript_exec``."""
    cache_control: CacheControlEphemeralParam | None


class BrowserStateTabParam(TypedDict, total=False):
    """An open tab."""

    tab_id: Required[str]
    title: Required[str]
    url: Required[str]
    active: bool
    """True for exactly one tab."""


class BrowserTabOpenedParam(TypedDict):
    """The call opened a tab, which is open still."""

    type: Literal["tab_opened"]
    tab_id: str


class BrowserDownloadStartedParam(TypedDict):
    """A download began during the call."""

    type: Literal["download_started"]
    download_id: str
    url: str


class BrowserDownloadCompletedParam(TypedDict, total=False):
    """A download ended during the call."""

    type: Required[Literal["download_completed"]]
    download_id: Required[str]
    url: Required[str]
    path: str | None
    """Where the file lies, if another tool can read it there."""
    size_bytes: int | None


class BrowserDownloadFailedParam(TypedDict, total=False):
    """A download failed or was cancelled during the call."""

    type: Required[Literal["download_failed"]]
    download_id: Required[str]
    url: Required[str]
    error: str | None


BrowserStateChangeParam: TypeAlias = (
    BrowserTabOpenedParam | BrowserDownloadStartedParam | BrowserDownloadCompletedParam | BrowserDownloadFailedParam
)


class BrowserStateBlockParam(TypedDict, total=False):
    """The browser after a call: at most once in a ``tool_result`` that is no error."""

    type: Required[Literal["browser_state"]]
    tabs: Required[Iterable[BrowserStateTabParam]]
    """All open tabs."""
    state_changes: Iterable[BrowserStateChangeParam] | None
    """Left out where nothing changed."""
    cache_control: CacheControlEphemeralParam | None
