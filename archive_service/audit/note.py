"""What a checkpoint says and who signed it: a line of canonical JSON, and a signature over exactly that text: pure."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from archive_service.audit import sm2

ED25519, SM2 = "ed25519", "sm2"
Key = Ed25519PrivateKey | sm2.Key
_KIND = "archive-service audit checkpoint 1"
#: The field of Ed25519, and the y of the points of small order (RFC 7748, 7): with one as key anybody can sign.
_FIELD = 2**255 - 19
_SMALL = (
    0, 1, _FIELD - 1, 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
    0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
)  # fmt: skip


@dataclass(frozen=True)
class Statement:
    """What is signed: the first `size` entries of the trail that begins with the entry `origin` have this root."""

    #: Hash of the first entry of the trail; two archives never share it.
    origin: str
    size: int
    #: Root of the Merkle tree, and the hash of the last entry, both hexadecimal.
    root: str
    head: str
    #: When it was made, ISO 8601 in UTC.
    at: str
    #: How it is signed; a verifier refuses what it does not know.
    algorithm: str
    #: The key that signs in base64: 32 bytes of Ed25519, 64 of SM2.
    key: str

    def text(self) -> str:
        """Return the text that is signed."""
        return json.dumps({"kind": _KIND, **asdict(self)}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def new_key(algorithm: str = ED25519) -> bytes:
    """Return a new key as PEM."""
    if algorithm == SM2:
        return sm2.new_key()
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def load_key(pem: bytes, algorithm: str = ED25519) -> Key:
    """Return the key of a PEM. Raises ValueError when it holds another kind of key or none."""
    if algorithm == SM2:
        return sm2.load_key(pem)
    key = serialization.load_pem_private_key(pem, None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("not an Ed25519 key")  # noqa: TRY004 - the file is wrong, not the program
    return key


def public_key(key: Key) -> str:
    """Return the public part as base64."""
    if isinstance(key, sm2.Key):
        return base64.b64encode(key.public()).decode()
    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return base64.b64encode(raw).decode()


def fingerprint(public: str) -> str:
    """Return what people compare a public key by: sha256 of its bytes, hexadecimal."""
    return hashlib.sha256(base64.b64decode(public)).hexdigest()


def signed(key: Key, text: str) -> str:
    """Return the signature over a text as base64."""
    return base64.b64encode(key.sign(text.encode())).decode()


def holds(text: str, signature: str) -> bool:
    """Say whether a note is what the key that it names signed."""
    try:
        told: dict[str, Any] = json.loads(text)
        if told["kind"] != _KIND or told["algorithm"] not in (ED25519, SM2):
            return False
        public, made = (base64.b64decode(one, validate=True) for one in (told["key"], signature))
        # The last letter of base64 has bits that mean nothing: one signature has one text.
        if base64.b64encode(made).decode() != signature:
            return False
        if told["algorithm"] == SM2:
            return sm2.holds(public, text.encode(), made)
        if _y(public) in _SMALL:
            return False
        Ed25519PublicKey.from_public_bytes(public).verify(made, text.encode())
    except (ValueError, KeyError, TypeError, RecursionError, InvalidSignature):
        return False
    return True


def _y(public: bytes) -> int:
    return (int.from_bytes(public, "little") & (2**255 - 1)) % _FIELD


def size_of(text: str) -> int:
    """Return how many entries a note is about, 0 where it does not say."""
    try:
        told = json.loads(text)
        return int(told["size"])
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
        return 0


def says(text: str, **facts: object) -> bool:
    """Say whether a note holds these very facts."""
    try:
        told = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return False
    return isinstance(told, dict) and all(told.get(name) == value for name, value in facts.items())


def file_of(text: str, signature: str) -> bytes:
    """Return a checkpoint as it is kept outside: the signed text and the signature, a line each."""
    return f"{text}\n{signature}\n".encode()
