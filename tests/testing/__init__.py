"""Tests of claude_foundry.testing."""
