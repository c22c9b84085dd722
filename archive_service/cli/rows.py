"""Numbers of rows as people give them on the command line."""

from __future__ import annotations

import click

#: No database numbers its rows beyond this, so a larger number is a typing mistake and not a row that is missing.
ROW_ID = click.IntRange(0, 2**63 - 1)
