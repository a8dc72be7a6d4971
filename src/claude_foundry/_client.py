"""The synchronous client: what an application calls.

``_async_client`` is its mirror, word for word with ``await``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import httpx
from pydantic import SecretStr

from claude_foundry import _endpoint, _http, _response
from claude_foundry._clock import Clock
from claude_foundry._config import (
    Credential,
    OnThinkingMismatch,
    Settings,
    TokenProvider,
    overridden,
    resolve,
    without_event_loop,
)
from claude_foundry._extras import entra_installed
from claude_foundry._features import Capabilities
from claude_foundry._hooks import Hooks, OnRequest, OnResponse, hooks_without_event_loop
from claude_foundry._messages import Messages
from claude_foundry._response import RawResponse
from claude_foundry._sealed import sealing
from claude_foundry._sender import Sender
from claude_foundry._timeout import TimeoutTypes
from claude_foundry._unsupported import ADMIN, MODELS

if TYPE_CHECKING:
    from claude_foundry._files import Files


class FoundryClient:
    """Claude in Microsoft Foundry.

    Opens nothing until its first request; safe to share between threads.
    Use it as a context manager, or ``close`` it.

    Args:
        resource: name of the Azure resource. Default: ``ANTHROPIC_FOUNDRY_RESOURCE``.
        base_url: endpoint in place of ``resource``: a host, base URL, Target URI or project endpoint.
            Default: ``ANTHROPIC_FOUNDRY_BASE_URL``.
        api_key: key of the resource. Default: ``ANTHROPIC_FOUNDRY_API_KEY``.
        azure_ad_token_provider: gives a Microsoft Entra ID token; asked at each attempt, so that it may give the
            calling user's: what it gives is never kept. It is asked in a thread, with the context variables of the
            call; one that must be asked in the thread of the call needs ``Timeout(sign_in=None)``.
        credential: an azure-core ``TokenCredential``, which stands for one identity. All calls share its token,
            which is renewed about five minutes before it expires, and once more if it is refused; one call asks, and
            those that need the token too wait for what it gets.
            With none of the three, and azure-identity installed, ``DefaultAzureCredential`` signs in.
        scope: what a credential is asked for. Default: ``https://ai.azure.com/.default``.
        timeout: seconds for each wait on the connection (default 600 between two pieces of an answer, 5 to connect),
            or a ``Timeout``, which can limit the whole call too, or an ``httpx.Timeout``.
        max_retries: attempts after the first, 2 by default, for failed connections, 408, 429 and 5xx. All calls of
            a client share a budget, so that an outage is not answered with a multiple of the load.
        max_retry_after: seconds, 120 by default. A service that asks to wait longer is not waited for: its error is
            raised, and tells ``retry_after``.
        default_headers: sent with every request.
        api_version: of the API: a date, ``2023-06-01`` by default.
        on_thinking_mismatch: what follows when the service finds thinking in the messages that was written for another
            conversation: ``"raise"``, or ``"strip"`` to ask once more without any thinking.
        automatic_betas: whether a request names the betas that what it uses needs, beside those it is given.
        max_event_bytes: most bytes of one event of a stream, 8 MiB by default; a larger one breaks the stream off.
        on_request: called before each attempt with a ``RequestInfo``; it sees neither bodies nor secrets.
        on_response: called after each attempt with a ``ResponseInfo``. What a hook raises ends the call.
        http_client: a client of yours (proxies, TLS, mounts); it is never closed here.
        allow_insecure_loopback: whether the endpoint may be ``http://`` to this machine, as an emulator's is. Default:
            ``ANTHROPIC_FOUNDRY_ALLOW_INSECURE_LOOPBACK``, which is ``1`` or ``0``, else False.
        dangerously_allow_unverified_tls: whether the key is sent by an ``http_client`` that takes certificates of
            anyone. Otherwise such a client is refused; with Microsoft Entra ID, it is warned of.

    Raises:
        ConfigurationError: an argument or variable is missing, wrong or contradictory.

    Source: https://platform.claude.com/docs/en/build-with-claude/claude-in-microsoft-foundry
    """

    @sealing
    def __init__(
        self,
        resource: str | None = None,
        *,
        base_url: str | httpx.URL | None = None,
        api_key: str | SecretStr | None = None,
        azure_ad_token_provider: TokenProvider | None = None,
        credential: Credential | None = None,
        scope: str | None = None,
        timeout: TimeoutTypes | None = None,
        max_retries: int | None = None,
        max_retry_after: float | None = None,
        default_headers: Mapping[str, str] | None = None,
        api_version: str | None = None,
        on_thinking_mismatch: OnThinkingMismatch | None = None,
        automatic_betas: bool = True,
        max_event_bytes: int | None = None,
        on_request: OnRequest | None = None,
        on_response: OnResponse | None = None,
        http_client: httpx.Client | None = None,
        allow_insecure_loopback: bool | None = None,
        dangerously_allow_unverified_tls: bool = False,
        _clock: Clock | None = None,
    ) -> None:
        settings = Settings(
            resource=resource,
            base_url=str(base_url) if isinstance(base_url, httpx.URL) else base_url,
            api_key=api_key,
            azure_ad_token_provider=azure_ad_token_provider,
            credential=credential,
            scope=scope,
            timeout=timeout,
            max_retries=max_retries,
            max_retry_after=max_retry_after,
            default_headers=default_headers,
            api_version=api_version,
            on_thinking_mismatch=on_thinking_mismatch,
            automatic_betas=automatic_betas,
            max_event_bytes=max_event_bytes,
            allow_insecure_loopback=allow_insecure_loopback,
            dangerously_allow_unverified_tls=dangerously_allow_unverified_tls,
        )
        config = resolve(settings, environ=os.environ, entra_installed=entra_installed())
        hooks = hooks_without_event_loop(Hooks(on_request=on_request, on_response=on_response))
        pool = _http.Pool(http_client, config)
        self._sender = Sender(without_event_loop(config), pool=pool, clock=_clock or Clock(), hooks=hooks)

    models = MODELS
    admin = ADMIN

    @classmethod
    def _of(cls, sender: Sender) -> Self:
        self = cls.__new__(cls)
        self._sender = sender
        return self

    @property
    def messages(self) -> Messages:
        """The Messages API: ``create``, ``stream``, ``count_tokens``."""
        return Messages(self._sender)

    @property
    def files(self) -> Files:
        """The Files API: ``upload``, ``list``, ``metadata``, ``download``, ``download_to``, ``delete``."""
        from claude_foundry._files import Files

        return Files(self._sender)

    @property
    def base_url(self) -> str:
        """The endpoint, ending in ``/anthropic`` on Azure's hosts."""
        return self._sender.config.base_url

    def capabilities(self, model: str, *, base_model: str | None = None) -> Capabilities:
        """Gives what is known of a deployment: its model's limits and rules, and what this client has seen of it.

        That is what it has refused, and where it is hosted. Nothing is sent. An unknown name gets the unknown model's
        careful limits.

        Args:
            model: the deployment name, or a model id.
            base_model: the Claude model deployed there, where the name does not tell it.

        Raises:
            ConfigurationError: a name is no string.

        Source: https://platform.claude.com/docs/en/build-with-claude/claude-in-microsoft-foundry
        """
        return self._sender.learnt.capabilities(model, base_model=base_model)

    @sealing
    def with_options(
        self,
        *,
        timeout: TimeoutTypes | None = None,
        max_retries: int | None = None,
        default_headers: Mapping[str, str] | None = None,
    ) -> Self:
        """Gives a client that differs in what is named and shares the connections of this one.

        Args:
            timeout: seconds, or a ``Timeout``.
            max_retries: attempts after the first.
            default_headers: added to those of this client.

        Raises:
            ConfigurationError: an argument is wrong.
        """
        config = overridden(
            self._sender.config, timeout=timeout, max_retries=max_retries, default_headers=default_headers
        )
        return self._of(self._sender.configured(config))

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        content: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        timeout: TimeoutTypes | None = None,
    ) -> RawResponse[Any]:
        """Gives the answer of an endpoint that this package has no method for, signed in like every other request.

        GET, HEAD, OPTIONS, PUT and DELETE are tried again like other requests. POST and PATCH are tried again only when
        the first attempt certainly did nothing: the connection was never made, or the service answered 429, 503 or 529.

        Args:
            method: of HTTP.
            path: below ``base_url``, such as ``v1/messages``.
            json: sent as JSON.
            content: sent as it is, in place of ``json``; give its ``content-type`` in ``headers``.
            headers: of this request.
            params: of the query; those that are None are left out.
            timeout: seconds for each wait on the connection, or a ``Timeout``.

        Raises:
            ConfigurationError: an argument is wrong, or the path leads elsewhere; nothing was sent.
            APIError: the request failed, after the retries that could help.
        """
        sent, own = _endpoint.body(json, content)
        request = _endpoint.endpoint(
            method,
            path,
            config=self._sender.config,
            content=sent,
            own=own,
            extra=headers,
            params=params,
            timeout=timeout,
            deployment=_endpoint.deployment(json),
        )
        response = self._sender.answered(request)
        return RawResponse(response, decode=_response.json)

    def close(self) -> None:
        """Closes the connections this client opened. A later request opens new ones."""
        self._sender.pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        # What failed to be made is shown too, by a traceback with locals.
        made = f"base_url={self.base_url!r}" if hasattr(self, "_sender") else "not made"
        return f"{type(self).__name__}({made})"
