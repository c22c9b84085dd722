"""The archive's signature beside a bag: who says what the package says, histories above all (docs/decisions/0056)."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from archive_service import signing
from archive_service.exchange.bags import names
from archive_service.exchange.bags.check import Checked, open_inside
from archive_service.exchange.findings import Finding, printable, refused
from archive_service.settings import Settings

_LARGEST = 1024 * 1024


@dataclass(frozen=True)
class Seal:
    """Who signed a package: ours, foreign for another archive, or none; and whom the certificate names."""

    signature: str
    signer: str


UNSIGNED = Seal("none", "")


def sealed(settings: Settings, listed: bytes, *, now: datetime) -> bytes:
    """Return the file that signs the list of the tag files. Raises Unavailable when the key is no good."""
    made = signing.sign_bytes(settings, listed, now=now)
    said = {
        "signs": names.SIGNED,
        "algorithm": made.algorithm,
        "signer": made.name,
        "certificate": base64.b64encode(made.certificate).decode(),
        "signature": base64.b64encode(made.signature).decode(),
    }
    return json.dumps(said, ensure_ascii=False, indent=1).encode()


def seal_of(folder: Path, found: Checked, *, our_certificate: bytes) -> Seal:
    """Return who signed a bag whose digests were checked. Raises PackageRefused for a signature that does not fit."""
    if names.SIGNATURE not in found.files:
        return UNSIGNED
    if names.SIGNED not in found.files or found.files[names.SIGNATURE] > _LARGEST:
        raise refused([_broken()])
    with open_inside(folder, names.SIGNATURE) as stream:
        written = stream.read(_LARGEST)
    with open_inside(folder, names.SIGNED) as stream:
        listed = stream.read()
    try:
        said = json.loads(written)
        certificate = base64.b64decode(said["certificate"], validate=True)
        signature = base64.b64decode(said["signature"], validate=True)
    except (ValueError, TypeError, KeyError, RecursionError):
        raise refused([_broken()]) from None
    signer = signing.check_bytes(listed, signature, certificate)
    if signer is None:
        raise refused([_broken()])
    return Seal("ours" if certificate == our_certificate else "foreign", printable(signer))


def _broken() -> Finding:
    return Finding("bag.signature", names.SIGNATURE, "签名与内容不符或无法读取，内容可能被改动过。")
