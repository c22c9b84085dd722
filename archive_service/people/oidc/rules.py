"""What an OpenID provider may say, and when it is believed: pure decisions.

Sources: OpenID Connect Core 1.0 (3.1.3.7), Discovery 1.0 (4.3), RFC 7636, RFC 8725, RFC 9207.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError, MissingClaimError
from joserfc.jwk import KeySet

from archive_service.errors import Refused, Unavailable

#: Signatures by a key that the provider alone has; never `none`, never a secret that both sides know.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
#: Seconds by which the clocks of provider and archive may differ.
LEEWAY_S = 60
_PORTS = {"http": 80, "https": 443}
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_LONGEST_SUBJECT = 255


class SignOnRefused(Refused):
    """The provider's answer opens nothing; `why` is for the trail and names no person."""

    http_status = 401

    def __init__(self, code: str, message: str, *, why: str = "", person_id: int | None = None) -> None:
        super().__init__(code, message)
        self.why, self.person_id = why or code.partition(".")[2], person_id


@dataclass(frozen=True)
class Described:
    """What a provider says about itself: where people sign in, and where this program asks."""

    authorize: str
    token: str
    keys: str
    #: Empty where the provider has none.
    userinfo: str = ""
    end_session: str = ""
    #: It names itself in every answer (RFC 9207).
    names_itself: bool = False
    #: How this program says who it is at the token address, when it has a secret.
    by_post: bool = False


@dataclass(frozen=True)
class Identity:
    """Somebody for whom the provider vouches; `login` and `name` are empty where it does not say."""

    issuer: str
    subject: str
    login: str = ""
    name: str = ""
    #: The provider says that a second factor was given, in words that are configured to count.
    strong: bool = False


def unavailable(why: str = "") -> Unavailable:
    """Return the error for a provider that does not answer, or not as one should."""
    return Unavailable(
        "sign-on.unavailable",
        "统一身份认证暂时无法访问，没有登录。请稍后再试，或先用登录名和密码登录。",
        why=why,
    )


def not_verified(why: str) -> SignOnRefused:
    """Return the refusal for an answer that is not, or not provably, the provider's answer to this sign-in."""
    return SignOnRefused(
        "sign-on.not-verified",
        "统一身份认证的回答没有通过核验，没有登录。请重新登录；仍不行请告诉系统管理员。",
        why=why,
    )


def origin_of(address: str) -> str:
    """Return scheme, host and port of an address, none when it has no host or is not for asking.

    Plain HTTP is for a provider on this very machine only. Raises ValueError.
    """
    parts = urlsplit(address)
    host, port = (parts.hostname or "").lower(), parts.port or _PORTS.get(parts.scheme)
    plain = parts.scheme == "http" and host in _LOOPBACK
    if not host or not (parts.scheme == "https" or plain) or parts.username or parts.password:
        raise ValueError("an OpenID provider is asked over https")
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def origins(issuer: str, hosts: Collection[str]) -> frozenset[str]:
    """Return where a provider may be asked: where it is, and on further `hosts`, each as host or host:port."""
    scheme = urlsplit(issuer).scheme
    return frozenset({origin_of(issuer), *(origin_of(f"{scheme}://{host}") for host in hosts)})


def described(document: Mapping[str, Any], *, issuer: str, allowed: Collection[str]) -> Described:
    """Read what a provider says about itself. Raises Unavailable for one that names another issuer or other hosts."""
    if document.get("issuer") != issuer:
        raise unavailable("issuer")
    methods = document.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    try:
        return Described(
            authorize=_address(document, "authorization_endpoint", allowed),
            token=_address(document, "token_endpoint", allowed),
            keys=_address(document, "jwks_uri", allowed),
            userinfo=_address(document, "userinfo_endpoint", allowed, needed=False),
            end_session=_address(document, "end_session_endpoint", allowed, needed=False),
            names_itself=document.get("authorization_response_iss_parameter_supported") is True,
            by_post="client_secret_basic" not in methods and "client_secret_post" in methods,
        )
    except ValueError as error:
        raise unavailable("address") from error


def _address(document: Mapping[str, Any], name: str, allowed: Collection[str], *, needed: bool = True) -> str:
    found = document.get(name)
    if found is None and not needed:
        return ""
    if not isinstance(found, str) or urlsplit(found).fragment or origin_of(found) not in allowed:
        raise ValueError(name)
    return found


def check_sender(told: str | None, *, issuer: str, provider: Described) -> None:
    """See that an answer that came through the browser is not another provider's. Raises SignOnRefused."""
    if told is None and not provider.names_itself:
        return
    if told != issuer:
        raise not_verified("issuer")


def claims_of(
    id_token: str, keys: KeySet, *, issuer: str, client_id: str, nonce: str, access_token: str | None, now: datetime
) -> dict[str, Any]:
    """Return what an ID token says, once it is sure that the provider says it, to us, now, about this sign-in.

    Raises SignOnRefused.
    """
    try:
        token = jwt.decode(id_token, keys, algorithms=ALGORITHMS)
        claims = CodeIDToken(
            token.claims,
            token.header,
            options={"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client_id}},
            params={"nonce": nonce, "client_id": client_id, "access_token": access_token},
        )
        claims.validate(now=int(now.timestamp()), leeway=LEEWAY_S)
    except ExpiredTokenError as error:
        raise _clock("exp") from error
    except (InvalidClaimError, MissingClaimError) as error:
        claim = next((name for name in ("iat", "nbf", "nonce", "iss", "aud", "azp") if _named(error, name)), "claim")
        raise (_clock(claim) if claim in ("iat", "nbf") else not_verified(claim)) from error
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise not_verified("signature") from error
    subject = claims["sub"]
    if not subject or len(subject) > _LONGEST_SUBJECT or not subject.isprintable():
        raise not_verified("sub")
    # Authlib has compared it; that nobody sent an empty one is worth a line of our own.
    if not hmac.compare_digest(str(claims.get("nonce")).encode(), nonce.encode()):
        raise not_verified("nonce")
    return dict(claims)


def _named(error: JoseError, claim: str) -> bool:
    return f"'{claim}'" in str(error) or getattr(error, "claim", None) == claim


def _clock(why: str) -> SignOnRefused:
    return SignOnRefused(
        "sign-on.clock",
        "统一身份认证给的凭据已过期或还没有生效，多半是两边服务器的时钟不一致。请重新登录；仍不行请系统管理员核对时钟。",
        why=why,
    )


def is_strong(claims: Mapping[str, Any], *, acr: Collection[str], amr: Collection[str]) -> bool:
    """Say whether the provider says, in words that count, that a second factor was given; nothing configured: no."""
    told = claims.get("amr")
    methods = {one for one in told if isinstance(one, str)} if isinstance(told, list) else set()
    return claims.get("acr") in set(acr) or bool(methods & set(amr))


def login_of(claims: Mapping[str, Any], name: str, *, limit: int) -> str:
    """Return the login that a claim says; an address that the provider has not verified says nothing."""
    if name == "email" and claims.get("email_verified") is not True:
        return ""
    return text_of(claims, name, limit=limit)


def text_of(claims: Mapping[str, Any], name: str, *, limit: int) -> str:
    """Return a claim as text, empty when it is not there, is no text or is longer than anybody's."""
    found = claims.get(name) if name else None
    return found.strip() if isinstance(found, str) and len(found) <= limit else ""
