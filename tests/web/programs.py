"""A program that calls the interface in the name of a person."""

from __future__ import annotations

from typing import Any

from tests.web.conftest import Browser, World


class Program(Browser):
    """A program in the name of a person: every write carries the token of its sign-in."""

    def begin(self, login: str) -> Program:
        """Sign in as `login`."""
        self.sign_in(login)
        self.headers["X-Form-Token"] = self.token
        return self

    def told(self, address: str, **query: Any) -> Any:
        """Return what a read answers."""
        answer = self.get(f"/api/v1{address}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def done(self, address: str, **said: Any) -> Any:
        """Return what a write answers."""
        answer = self.post(f"/api/v1{address}", json=said)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def refused(self, address: str, **said: Any) -> tuple[int, str]:
        """Return how a write is refused: status and code."""
        answer = self.post(f"/api/v1{address}", json=said)
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        return answer.status_code, str(answer.json()["code"])


def program(world: World, login: str) -> Program:
    """Return a program in the name of a person; close it when done."""
    return Program(world.app, base_url="http://archive.test", follow_redirects=False).begin(login)
