"""A project for each test that runs pytest."""

import pytest


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """An empty project that uses the plugin."""
    pytester.makeconftest('pytest_plugins = ["claude_foundry.testing"]')
    pytester.makepyprojecttoml("[tool.pytest.ini_options]\nasyncio_default_fixture_loop_scope = 'function'\n")
    return pytester
