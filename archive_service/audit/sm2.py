"""SM2 signatures with SM3 on the recommended curve (GM/T 0003.2 and 0003.5, GB/T 32918): pure arithmetic.

No Python package was good enough (docs/decisions/0053), and the curve is needed for checking anyway. What is signed is
no secret and is signed once an hour by a process that answers nobody, so that the time it takes tells nobody anything;
the multiplication takes the same steps for every number all the same. The nonce comes from the operating system.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.hashes import SM3, Hash

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
#: The name of the signer that everybody takes who has agreed on no other (GM/T 0009).
IDENTITY = b"1234567812345678"
#: PKCS#8 of a key on this curve as OpenSSL writes it: before the 32 bytes of the number, with and without the point.
_SHORT = bytes.fromhex("3041020100301306072a8648ce3d020106082a811ccf5501822d042730250201010420")
_LONG = bytes.fromhex("308187020100301306072a8648ce3d020106082a811ccf5501822d046d306b0201010420")
_BEGIN, _END = "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"

Point = tuple[int, int]
#: A point as X, Y, Z with x = X / Z² and y = Y / Z³; Z of 0 is the point at infinity.
_Jacobian = tuple[int, int, int]


@dataclass(frozen=True)
class Key:
    """A private key."""

    number: int

    def public(self) -> bytes:
        """Return the public key, both coordinates."""
        x, y = _plain(_times(self.number, G))
        return _bytes(x) + _bytes(y)

    def sign(self, message: bytes, *, nonce: Callable[[], int] = lambda: 1 + secrets.randbelow(N - 1)) -> bytes:
        """Return r and s, 32 bytes each. `nonce` is for the examples of the standard."""
        digest = _digest(self.public(), message)
        while True:
            k = nonce()
            r = (digest + _plain(_times(k, G))[0]) % N
            s = pow(1 + self.number, -1, N) * (k - r * self.number) % N
            if r and s and (r + k) % N:
                return _bytes(r) + _bytes(s)


def new_key() -> bytes:
    """Return a new key as PEM, PKCS#8."""
    # GM/T 0003.1: from 1 to n - 2.
    text = base64.b64encode(_SHORT + _bytes(1 + secrets.randbelow(N - 2))).decode()
    return "\n".join([_BEGIN, *(text[at : at + 64] for at in range(0, len(text), 64)), _END, ""]).encode()


def load_key(pem: bytes) -> Key:
    """Return the key of a PEM. Raises ValueError when it holds another kind of key or none."""
    inside = pem.decode().partition(_BEGIN)[2].partition(_END)[0]
    content = base64.b64decode("".join(inside.split()), validate=True)
    head = next((one for one in (_SHORT, _LONG) if content.startswith(one)), None)
    if head is None:
        raise ValueError("not a key on the curve of SM2")
    number = int.from_bytes(content[len(head) : len(head) + 32])
    if not 0 < number < N - 1:
        raise ValueError("not a number of a key")
    return Key(number)


def holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether a signature over a message is that of a public key (GM/T 0003.2, 7)."""
    if len(public) != 64 or len(signature) != 64:
        return False
    point = int.from_bytes(public[:32]), int.from_bytes(public[32:])
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    total = (r + s) % N
    if not (_on_curve(point) and 0 < r < N and 0 < s < N and total):
        return False
    found = _plus(_times(s, G), _times(total, point))
    return bool(found[2]) and (_digest(public, message) + _plain(found)[0]) % N == r


def _digest(public: bytes, message: bytes) -> int:
    """Return what is signed: the hash over the signer's name, curve and key, and over the message."""
    curve = b"".join(_bytes(one) for one in (A, B, *G))
    name = (8 * len(IDENTITY)).to_bytes(2) + IDENTITY
    return int.from_bytes(_sm3(_sm3(name + curve + public) + message))


def _sm3(content: bytes) -> bytes:
    running = Hash(SM3())
    running.update(content)
    return running.finalize()


def _bytes(number: int) -> bytes:
    return number.to_bytes(32)


def _on_curve(point: Point) -> bool:
    x, y = point
    return 0 <= x < P and 0 <= y < P and (y * y - x * x * x - A * x - B) % P == 0


def _times(number: int, point: Point) -> _Jacobian:
    """Return the point added to itself so many times: Montgomery's ladder, the same steps for every number."""
    low: _Jacobian = (1, 1, 0)
    high: _Jacobian = (*point, 1)
    for bit in range(255, -1, -1):
        if number >> bit & 1:
            low, high = _plus(low, high), _twice(high)
        else:
            low, high = _twice(low), _plus(low, high)
    return low


def _twice(point: _Jacobian) -> _Jacobian:
    x, y, z = point
    if not z or not y:
        return (1, 1, 0)
    square = y * y % P
    s = 4 * x * square % P
    m = 3 * (x - z * z) * (x + z * z) % P
    new_x = (m * m - 2 * s) % P
    return new_x, (m * (s - new_x) - 8 * square * square) % P, 2 * y * z % P


def _plus(one: _Jacobian, other: _Jacobian) -> _Jacobian:
    if not one[2]:
        return other
    if not other[2]:
        return one
    (x1, y1, z1), (x2, y2, z2) = one, other
    zz1, zz2 = z1 * z1 % P, z2 * z2 % P
    u1, u2, s1, s2 = x1 * zz2 % P, x2 * zz1 % P, y1 * zz2 * z2 % P, y2 * zz1 * z1 % P
    if u1 == u2:
        return _twice(one) if s1 == s2 else (1, 1, 0)
    h, r = u2 - u1, s2 - s1
    hh = h * h % P
    hhh, v = h * hh % P, u1 * hh % P
    x = (r * r - hhh - 2 * v) % P
    return x, (r * (v - x) - s1 * hhh) % P, h * z1 * z2 % P


def _plain(point: _Jacobian) -> Point:
    x, y, z = point
    inverse = pow(z, -1, P)
    return x * inverse * inverse % P, y * pow(inverse, 3, P) % P
