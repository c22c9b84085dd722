"""Hostile bytes are opened only in a limited child process.

    worker ──► Sandbox ──socket──► zygote ──fork──► child: one step, one file, then gone
    (host.py)                      (zygote.py)      (child.py: limits, Landlock, no secrets)

The zygote is a fresh interpreter with the libraries loaded, an empty environment and no threads, so a fork costs
milliseconds and carries nothing of the worker. A library that aborts, runs on or eats memory costs one child.
"""

from __future__ import annotations

from ingest.sandbox.host import Allowance, Sandbox, isolation, shared

__all__ = ["Allowance", "Sandbox", "isolation", "shared"]
