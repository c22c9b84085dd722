"""The steps of the sandbox on a machine without a single font."""

from __future__ import annotations

from ingest.formats import fonts
from ingest.formats.steps import STEPS

__all__ = ["STEPS"]

fonts.register(("/nonexistent",))
