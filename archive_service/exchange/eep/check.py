"""Checking an EEP package: what it holds, and who signed it. Source: docs/decisions/0048."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

from archive_service import signing
from archive_service.exchange.bags.check import Limits
from archive_service.exchange.eep import names
from archive_service.exchange.eep.read import SIGNED, EepRead, read_eep
from archive_service.exchange.findings import Finding, printable

_STRONG_SIGNATURES = frozenset({"ECDSA-SHA256", "RSA-SHA256"})


@dataclass
class EepChecked(EepRead):
    """What a check found, with what the signature says."""

    #: ours, foreign or none.
    signature: str = "none"
    signer: str = ""

    @property
    def valid(self) -> bool:
        """Say whether it is fit to be taken in."""
        return not self.findings


def check_eep(folder: Path, *, desk: Path, our_certificate: bytes, limits: Limits | None = None) -> EepChecked:
    """Check the package in `folder`; what stands in the XML is written into `desk`, an empty folder."""
    return with_signer(read_eep(folder, desk=desk, limits=limits), desk=desk, our_certificate=our_certificate)


def with_signer(read: EepRead, *, desk: Path, our_certificate: bytes) -> EepChecked:
    """Add who signed a package that was read into `desk`."""
    found = EepChecked(**vars(read))
    if found.signatures is None:
        return found
    if not found.signatures:
        found.findings.append(
            Finding("eep.unsigned", names.FILE, "没有完整的电子签名（算法、结果、证书）。请移交方签名后重新封装。")
        )
        return found
    content = (desk / SIGNED).read_bytes()
    for one in found.signatures:
        if one.algorithm not in _STRONG_SIGNATURES:
            said = (
                f"签名算法 {printable(one.algorithm)} 太弱或不能核对。可接收 {'、'.join(sorted(_STRONG_SIGNATURES))}。"
            )
            found.findings.append(Finding("eep.signature-algorithm", names.FILE, said))
            continue
        certificate = base64.b64decode(one.certificate)
        signer = signing.check_bytes(content, base64.b64decode(one.result), certificate)
        if signer is None:
            found.findings.append(Finding("eep.signature", names.FILE, "电子签名与内容不符，内容可能被改动过。"))
            continue
        found.signature = "ours" if certificate == our_certificate else "foreign"
        found.signer = printable(signer)
    return found
