"""An OpenID provider that keeps the rules of its own side, and says whatever a test wants it to say."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey

CLIENT, SECRET = "archive", "a secret of both"


@dataclass
class OddProvider:
    """What it says can be changed at any time; it checks code, client, redirect address and PKCE as it must."""

    issuer: str = ""
    #: Who signs in, and what else its tokens say; none takes a claim out.
    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "s-1"})
    #: What differs in its description of itself.
    described: dict[str, Any] = field(default_factory=dict)
    #: What it adds when it sends a browser back.
    back: dict[str, str] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)
    #: `ES256`, `none`, or `HS256` with the public key as the secret.
    algorithm: str = "ES256"
    #: It answers every request with this status.
    broken: int = 0
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "first"}))
    published: list[ECKey] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.published = [self.key]

    def turn_key(self) -> None:
        """Sign with another key from now on, and publish no other."""
        self.key = ECKey.generate_key("P-256", {"kid": f"k{len(self.asked)}"})
        self.published = [self.key]

    def document(self) -> dict[str, Any]:
        own = {
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/userinfo", "end_session_endpoint": f"{self.issuer}/end",
        }  # fmt: skip
        return {name: value for name, value in {**own, **self.described}.items() if value is not None}

    def authorize(self, asked: dict[str, str]) -> str:
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], **self.back})}"

    def token(self, sent: dict[str, str], client: str) -> tuple[int, dict[str, Any]]:
        asked = self.codes.pop(sent.get("code", ""), None)
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        fits = (
            asked is not None
            and asked["client_id"] == client
            and asked["redirect_uri"] == sent.get("redirect_uri")
            and asked["code_challenge"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            and asked["code_challenge_method"] == "S256"
        )
        if not fits or asked is None:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        usual = {
            "iss": self.issuer, "aud": CLIENT, "exp": now + 300, "iat": now, "nonce": asked["nonce"],
        }  # fmt: skip
        claims = {name: value for name, value in {**usual, **self.claims}.items() if value is not None}
        return 200, {"access_token": "access", "token_type": "Bearer", "id_token": self.signed(claims)}

    def signed(self, claims: dict[str, Any]) -> str:
        header = {"alg": self.algorithm, "kid": self.key.kid}
        if self.algorithm == "ES256":
            return jwt.encode(header, claims, self.key)
        if self.algorithm == "HS256":
            shared = OctKey.import_key(json.dumps(self.key.as_dict(private=False)).encode())
            return jwt.encode(header, claims, shared, algorithms=["HS256"])
        parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, claims)]
        return f"{'.'.join(parts)}."

    def keys(self) -> Any:
        return KeySet(list(self.published)).as_dict(private=False)


@contextmanager
def odd_provider() -> Iterator[OddProvider]:
    """Serve such a provider on a port of its own."""
    provider = OddProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            provider.asked.append(parts.path)
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if provider.broken:
                self.say(provider.broken, {})
            elif parts.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.authorize(asked))
                self.end_headers()
            else:
                known = {
                    "/.well-known/openid-configuration": provider.document,
                    "/jwks": provider.keys,
                    "/userinfo": lambda: provider.userinfo,
                }
                self.say(200, known[parts.path]())

        def do_POST(self) -> None:
            provider.asked.append(self.path)
            sent = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
            told = base64.b64decode(self.headers.get("authorization", "").removeprefix("Basic ")).decode()
            client, _, secret = told.partition(":")
            if provider.broken or secret != SECRET:
                self.say(provider.broken or 401, {"error": "invalid_client"})
            else:
                self.say(*provider.token({name: values[0] for name, values in sent.items()}, client))

        def say(self, status: int, body: Any) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
        running = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        running.start()
        try:
            yield provider
        finally:
            server.shutdown()
            running.join()
