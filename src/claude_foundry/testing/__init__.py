"""Tests that replay recorded HTTP: a pytest plugin on top of pytest-recording (extra ``testing``).

In the ``conftest.py`` at the root of the tests::

    pytest_plugins = ["claude_foundry.testing"]

A test marked ``@pytest.mark.vcr`` builds its client from the fixture ``foundry_endpoint``::

    @pytest.mark.vcr
    def test_create(foundry_endpoint):
        client = FoundryClient(**foundry_endpoint)

and plays ``cassettes/<path of its module>/<its name>.yaml``. ``pytest --record-mode=rewrite -m vcr`` records: from
the real service where ``ANTHROPIC_FOUNDRY_RESOURCE`` or ``ANTHROPIC_FOUNDRY_BASE_URL`` is set, else from a local
emulator. A cassette holds no credential, and its host is always ``example-resource.services.ai.azure.com``.
A run fails when a cassette is not played to its end, or belongs to no test.

Source: https://github.com/kiwicom/pytest-recording
"""

from claude_foundry._extras import needing

# The plugin itself is left to pytest, which rewrites the assertions of what it imports first.
with needing("testing", part="claude_foundry.testing"):
    import pytest_recording  # noqa: F401
    import vcr  # noqa: F401
    import yaml  # noqa: F401

pytest_plugins = ["claude_foundry.testing._plugin"]
