"""A browser without a screen: it remembers its session and sends the token of its forms."""

from __future__ import annotations

import re
import warnings

import httpx

from tests.support import records

with warnings.catch_warnings():
    # It asks for a successor of httpx that is not among our dependencies; what we use of it stays.
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient


def flat(html: str) -> str:
    """`html` as if it stood on one line, with nothing between its tags."""
    return re.sub(r"\s+", " ", html).replace("> <", "><")


class Browser(TestClient):
    """A browser that remembers its session and sends the token of its forms."""

    def sign_in(self, login: str, password: str = records.PASSWORD) -> Browser:
        answer = self.post("/sign-in", data={"login": login, "password": password})
        assert answer.status_code == 303, answer.text
        return self

    @property
    def token(self) -> str:
        """The token of this session's forms, as it stands in a page."""
        found = re.search(r'name="token" value="([0-9a-f]{64})"', self.get("/password").text)
        assert found is not None
        return found.group(1)

    def submit(self, address: str, **fields: str) -> httpx.Response:
        """Send a form as a page of this program would."""
        return self.post(address, data={"token": self.token, **fields})
