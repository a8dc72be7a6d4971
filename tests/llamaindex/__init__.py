"""Tests of the LlamaIndex adapter."""

import pytest

# The contract stands in files of its own, whose failures shall tell what they compared as those of tests do.
pytest.register_assert_rewrite(
    "tests.llamaindex.contract_answers", "tests.llamaindex.contract_instances", "tests.llamaindex.contract_tools"
)
