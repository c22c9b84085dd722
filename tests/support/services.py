"""Where the running services are that a test needs."""

from __future__ import annotations

import os

import pytest


def address(service: str, variable: str) -> str:
    """Return the address in the variable; without one the test is skipped, and in CI it fails."""
    found = os.environ.get(variable)
    if found:
        return found
    reason = f"no {service}: {variable} is not set (.ci/with-services starts one)"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
