"""An OpenID provider that others wrote, in a process of its own, and a person who signs in at it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

PATIENCE_S = 90


@dataclass(frozen=True)
class HonestProvider:
    """A provider that answers at `issuer`."""

    issuer: str

    def consent(self, address: str, subject: str) -> str:
        """Sign in at the provider as its page would, and return where it sends the browser."""
        assert address.startswith(self.issuer)
        with httpx.Client(trust_env=False) as browser:
            page = browser.get(address)
            assert page.status_code == 200, page.text
            answer = browser.post(address, data={"sub": subject} if subject else {"action": "deny"})
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]


@contextmanager
def honest_provider(log: Path, *people: dict[str, object]) -> Iterator[HonestProvider]:
    """Run a provider that knows `people`, each with `sub` and further claims."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    known = [part for one in people for part in ("--user-claims", json.dumps(one))]
    command = [
        sys.executable,
        "-m",
        "oidc_provider_mock",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--require-nonce",
    ]
    with log.open("ab") as out:
        process = subprocess.Popen([*command, *known], stdout=out, stderr=out)
        try:
            _wait(f"http://127.0.0.1:{port}", process, log)
            yield HonestProvider(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE_S)


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text("utf-8")
        try:
            httpx.get(f"{address}/.well-known/openid-configuration", trust_env=False)
            return
        except httpx.TransportError:
            time.sleep(0.2)
    raise AssertionError("the provider does not answer")
