"""Asking an OpenID provider: over TLS, at its own hosts alone, not for long, and never on to another address.

Nothing of what it says is kept: description and keys are asked for with every sign-in, so that a key it took back
counts no more, and one it changed to counts at once.
"""

from __future__ import annotations

import io
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from requests.adapters import HTTPAdapter

from archive_service import logs
from archive_service.people.oidc import rules
from archive_service.people.oidc.rules import Described, Identity
from archive_service.settings import Settings

#: Where the provider sends browsers back to, below the public address.
BACK = "/sign-in/oidc/back"
_WELL_KNOWN = "/.well-known/openid-configuration"
#: Bytes of one answer; descriptions and keys have some thousand.
_MOST_BYTES = 512 * 1024
_LOGIN, _NAME = 80, 120
log = logs.get("sign-on")


@dataclass(frozen=True)
class Begun:
    """What belongs together from the way to the provider until the way back: all random, all used once."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True)
class Provider:
    """An OpenID provider, and who this archive is to it."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    #: Address of this archive as browsers know it.
    public: str
    scope: str = "openid profile"
    allowed: frozenset[str] = frozenset()
    login_claim: str = ""
    acr: tuple[str, ...] = ()
    amr: tuple[str, ...] = ()
    ca_file: str = ""
    timeout_s: float = 5

    @classmethod
    def of(cls, settings: Settings) -> Provider | None:
        """Return the provider that is configured, or none. Raises ValueError for what cannot be meant."""
        issuer = settings.oidc_issuer.strip()
        if not issuer:
            return None
        public = settings.public_address.strip().rstrip("/")
        if not settings.oidc_client_id or not public.startswith(("https://", "http://")):
            raise ValueError("ARCHIVE_OIDC_ISSUER needs ARCHIVE_OIDC_CLIENT_ID and ARCHIVE_PUBLIC_ADDRESS")
        return cls(
            issuer=issuer,
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret.get_secret_value(),
            public=public,
            scope=settings.oidc_scope,
            allowed=rules.origins(issuer, _parts(settings.oidc_hosts)),
            login_claim=settings.oidc_login_claim.strip(),
            acr=_parts(settings.oidc_acr),
            amr=_parts(settings.oidc_amr),
            ca_file=settings.oidc_ca_file,
            timeout_s=settings.oidc_timeout_s,
        )

    def describe(self) -> Described:
        """Ask the provider about itself. Raises Unavailable."""
        with self._session() as session:
            return self._describe(session)

    def way_there(self, provider: Described, begun: Begun) -> str:
        """Return the address at which a person signs in at the provider."""
        with self._session() as session:
            asked = {"acr_values": " ".join(self.acr)} if self.acr else {}
            address, _ = session.create_authorization_url(
                provider.authorize, state=begun.state, code_verifier=begun.verifier, nonce=begun.nonce, **asked
            )
        return str(address)

    def way_out(self, provider: Described) -> str:
        """Return the address at which a person signs out at the provider, empty when it has none."""
        if not provider.end_session:
            return ""
        back = {"client_id": self.client_id, "post_logout_redirect_uri": f"{self.public}/sign-in"}
        return str(requests.Request("GET", provider.end_session, params=back).prepare().url)

    def identity(self, begun: Begun, *, code: str, sender: str | None, now: datetime) -> Identity:
        """Return for whom the provider vouches with `code`. Raises SignOnRefused, and Unavailable."""
        with self._session() as session:
            provider = self._describe(session)
            rules.check_sender(sender, issuer=self.issuer, provider=provider)
            token = self._redeem(session, provider, begun, code)
            claims = rules.claims_of(
                str(token.get("id_token") or ""),
                self._keys(session, provider),
                issuer=self.issuer,
                client_id=self.client_id,
                nonce=begun.nonce,
                access_token=token.get("access_token"),
                now=now,
            )
            if self.login_claim and self.login_claim not in claims and provider.userinfo:
                claims = {**self._userinfo(session, provider, claims["sub"]), **claims}
        return Identity(
            self.issuer,
            claims["sub"],
            login=rules.login_of(claims, self.login_claim, limit=_LOGIN),
            name=rules.text_of(claims, "name", limit=_NAME),
            strong=rules.is_strong(claims, acr=self.acr, amr=self.amr),
        )

    def _describe(self, session: Any) -> Described:
        return rules.described(
            self._json(session, self.issuer.rstrip("/") + _WELL_KNOWN), issuer=self.issuer, allowed=self.allowed
        )

    def _redeem(self, session: Any, provider: Described, begun: Begun, code: str) -> dict[str, Any]:
        session.token_endpoint_auth_method = (
            "none" if not self.client_secret else "client_secret_post" if provider.by_post else "client_secret_basic"
        )
        try:
            found: dict[str, Any] = session.fetch_token(
                provider.token,
                grant_type="authorization_code",
                code=code,
                code_verifier=begun.verifier,
                redirect_uri=self.public + BACK,
                allow_redirects=False,
            )
        except OAuthError as error:
            # Which client and which code is nothing a person can mend; what was wrong is said to the operator.
            log.warning("the provider gave no token", error=str(error.error)[:60])
            raise rules.not_verified("code") from error
        except (requests.RequestException, ValueError, TypeError) as error:
            raise rules.unavailable("token") from error
        return found

    def _keys(self, session: Any, provider: Described) -> KeySet:
        document = self._json(session, provider.keys)
        try:
            # A key for encrypting signs nothing, and a shared secret is no key that may stand in public.
            keys = [one for one in document["keys"] if one.get("use", "sig") == "sig" and one.get("kty") != "oct"]
            return KeySet.import_key_set({"keys": keys})
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise rules.unavailable("keys") from error

    def _userinfo(self, session: Any, provider: Described, subject: str) -> dict[str, Any]:
        found = self._json(session, provider.userinfo, with_token=True)
        # OpenID Connect Core 5.3.2: another subject's answer must not be used.
        return found if found.get("sub") == subject else {}

    def _json(self, session: Any, address: str, *, with_token: bool = False) -> dict[str, Any]:
        try:
            answer = session.get(address, withhold_token=not with_token, allow_redirects=False)
            if answer.status_code != 200:
                raise ValueError(f"status {answer.status_code}")
            found = answer.json()
            if not isinstance(found, dict):
                raise TypeError("not an object")
        except (requests.RequestException, OAuthError, ValueError, TypeError) as error:
            log.warning("the provider does not answer", address=address[:200], fault=type(error).__name__)
            raise rules.unavailable("answer") from error
        return found

    def _session(self) -> Any:
        session = OAuth2Session(
            self.client_id,
            self.client_secret or None,
            scope=self.scope,
            redirect_uri=self.public + BACK,
            code_challenge_method="S256",
        )
        # No proxy and no password file of the environment: the host that was configured is the host that is asked.
        session.trust_env = False
        session.verify = self.ca_file or True
        for scheme in ("https://", "http://"):
            session.mount(scheme, _Only(self.allowed, self.timeout_s))
        return session


class _Only(HTTPAdapter):
    """Carries requests to the configured hosts alone, and no more of an answer than one of these may have."""

    def __init__(self, allowed: frozenset[str], timeout_s: float) -> None:
        super().__init__()
        self._allowed, self._timeout_s = allowed, timeout_s

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        """Send a request. Raises RequestException for another host, and for an answer too long or too slow."""
        if rules.origin_of(request.url or "") not in self._allowed:
            raise requests.exceptions.InvalidURL("not a host of the provider")
        until = time.monotonic() + self._timeout_s
        answer = super().send(request, **{**more, "stream": True, "timeout": self._timeout_s, "proxies": None})
        body = b""
        while part := answer.raw.read1(65536, decode_content=True):
            body += part
            if len(body) > _MOST_BYTES or time.monotonic() > until:
                answer.close()
                raise requests.exceptions.ContentDecodingError("more than an answer of a provider")
        answer.raw.release_conn()
        answer.raw = io.BytesIO(body)
        return answer


def _parts(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split(",") if one.strip())
