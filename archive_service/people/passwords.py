"""Passwords: which are good enough, how they are kept, how one is tried."""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from contextlib import suppress
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from archive_service.errors import Invalid
from archive_service.people.guesses import hard_part

MIN_LENGTH = 12
#: argon2 takes any length; a limit keeps a request from buying unlimited work.
MAX_LENGTH = 200
#: Characters that must be left when everything that is guessed at once counts as one.
_LEAST_HARD = 6

#: argon2id at the cost of RFC 9106's second recommendation, about 50 ms a try. Written out, so that a newer library
#: changes nothing unasked; whatever was hashed at another cost is hashed anew at the next sign-in.
HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4, hash_len=32, salt_len=16)


def check(password: str, *, login: str) -> None:
    """Raise Invalid, saying what is wrong, unless `password` may be used by the person with `login`."""
    if len(password) < MIN_LENGTH:
        raise Invalid("password.too-short", f"密码至少需要 {MIN_LENGTH} 个字符。请换一个更长的密码。", least=MIN_LENGTH)
    if len(password) > MAX_LENGTH:
        raise Invalid("password.too-long", f"密码最多 {MAX_LENGTH} 个字符。请换一个较短的密码。", most=MAX_LENGTH)
    folded = unicodedata.normalize("NFKC", password).casefold()
    if login and login.casefold() in folded:
        raise Invalid("password.like-login", "密码不能包含登录名。请换一个密码。")
    if hard_part(password, also=tuple(re.split(r"[._@-]", login))) < _LEAST_HARD:
        raise Invalid("password.too-common", "这个密码太常见，容易被猜中。请换一个密码，例如几个不相干的词。")


def one_time(*logins: str) -> str:
    """Return a fresh password for the people with these logins: 16 characters by chance that `check` lets pass.

    Chance may hit a login of two letters or a common piece, so it is drawn again until the rule is met.
    """
    while True:
        drawn = secrets.token_urlsafe(12)
        with suppress(Invalid):
            for login in logins:
                check(drawn, login=login.strip())
            return drawn


def secret() -> str:
    """Return a fresh secret for a browser or a program."""
    return secrets.token_urlsafe(32)


def digest_of(secret_text: str) -> str:
    """Return what is stored of a secret: its sha256. The secret has 256 random bits, so no slow hash is needed."""
    return hashlib.sha256(secret_text.encode("utf-8", "surrogatepass")).hexdigest()


def hash_of(password: str, hasher: PasswordHasher = HASHER) -> str:
    """Return the argon2 hash under which `password` is kept."""
    return hasher.hash(password.encode("utf-8", "surrogatepass"))


def matches(password: str, stored: str | None, hasher: PasswordHasher = HASHER) -> bool:
    """Say whether `password` fits the stored hash; with none stored, do the same work and say no."""
    try:
        hasher.verify(stored or _nobodys(hasher), password[: MAX_LENGTH + 1].encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


@lru_cache(maxsize=4)
def _nobodys(hasher: PasswordHasher) -> str:
    return hasher.hash(secrets.token_bytes(32))
