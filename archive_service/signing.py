"""The archive's signature under a PDF: a stranger with the archive's certificate sees that nothing was changed.

The key is the archive's own, with a certificate that the archive wrote itself, unless the settings name one of the
utility's. The certificate is handed out apart from the papers: a paper proves nothing by the one that it brings along.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from asn1crypto import keys, pem
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation import EmbeddedPdfSignature, SignatureCoverageLevel, validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from archive_service import keyring
from archive_service.errors import Invalid, Unavailable
from archive_service.settings import Settings

_FILE = "signing.pem"
_FIELD = "Archive"
#: Papers are kept for decades; the key is made anew when its file is taken away.
_YEARS = 30


@dataclass(frozen=True)
class Checked:
    """What the signature of a PDF says."""

    #: Signed with the key of the certificate that it was compared with.
    ours: bool
    #: Nothing was changed or added since.
    untouched: bool
    signed_at: datetime | None


def certificate(settings: Settings, *, now: datetime) -> bytes:
    """Return the certificate as PEM, by which others check what the archive signed."""
    return b"".join(pem.armor(kind, der) for kind, _, der in _parts(settings, now) if kind == "CERTIFICATE")


def certificate_der(settings: Settings, *, now: datetime) -> bytes:
    """Return the archive's own certificate, without those above it, as DER."""
    found = next((der for kind, _, der in _parts(settings, now) if kind == "CERTIFICATE"), None)
    if found is None:
        raise _unusable()
    return found


def sign(settings: Settings, pdf: bytes, *, now: datetime) -> bytes:
    """Return the PDF with the archive's signature added. Raises Unavailable when key or certificate are no good."""
    parts = _parts(settings, now)
    try:
        chain = [asn1_x509.Certificate.load(der) for kind, _, der in parts if kind == "CERTIFICATE"]
        secret = keys.PrivateKeyInfo.load(next(der for kind, _, der in parts if kind == "PRIVATE KEY"))
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        store.register_multiple(chain[1:])
        signer = signers.SimpleSigner(signing_cert=chain[0], signing_key=secret, cert_registry=store)
        how = signers.PdfSignatureMetadata(field_name=_FIELD, md_algorithm="sha256")
        signed: io.BytesIO = signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), how, signer=signer)
        return signed.getvalue()
    except (ValueError, IndexError, StopIteration, SigningError) as e:
        raise _unusable() from e


def check(pdf: bytes, certificate_pem: bytes) -> Checked:
    """Compare the signature of a PDF with a certificate. Raises Invalid where either is none."""
    try:
        roots = [asn1_x509.Certificate.load(der) for _, _, der in pem.unarmor(certificate_pem, multiple=True)]
    except ValueError as e:
        raise Invalid("signature.no-certificate", "证书文件不是 PEM 格式。请使用档案库发给您的证书文件。") from e
    try:
        signed = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
        if not signed:
            raise Invalid("signature.none", "这份 PDF 没有签名。请使用从档案库直接下载的文件。")
        found = validate_pdf_signature(signed[-1], ValidationContext(trust_roots=roots, allow_fetching=False))
    except (PdfError, SignatureValidationError) as e:
        raise Invalid("signature.unreadable", "这份 PDF 或它的签名已损坏，无法核对。请重新下载。") from e
    # An update behind it would leave what was signed as it was, and show something else.
    whole = found.coverage is SignatureCoverageLevel.ENTIRE_FILE and _end_of(signed[-1]) == len(pdf)
    return Checked(
        ours=bool(found.valid and found.trusted),
        untouched=bool(found.intact and whole),
        signed_at=found.signer_reported_dt,
    )


@dataclass(frozen=True)
class Signed:
    """A signature over plain bytes, with what others need to check it."""

    signature: bytes
    #: The certificate as DER, and whom it names.
    certificate: bytes
    name: str
    #: ECDSA-SHA256 or RSA-SHA256.
    algorithm: str


def sign_bytes(settings: Settings, content: bytes, *, now: datetime) -> Signed:
    """Sign plain bytes with the archive's key. Raises Unavailable when key or certificate are no good."""
    parts = _parts(settings, now)
    try:
        der = next(der for kind, _, der in parts if kind == "CERTIFICATE")
        key = serialization.load_der_private_key(next(der for kind, _, der in parts if kind == "PRIVATE KEY"), None)
        name = x509.load_der_x509_certificate(der).subject.rfc4514_string()
    except (ValueError, TypeError, StopIteration) as e:
        raise _unusable() from e
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return Signed(key.sign(content, ec.ECDSA(hashes.SHA256())), der, name, "ECDSA-SHA256")
    if isinstance(key, rsa.RSAPrivateKey):
        return Signed(key.sign(content, padding.PKCS1v15(), hashes.SHA256()), der, name, "RSA-SHA256")
    raise _unusable()


def check_bytes(content: bytes, signature: bytes, certificate: bytes) -> str | None:
    """Return whom the certificate (DER) names when the signature over the bytes is its own, none for any other."""
    try:
        read = x509.load_der_x509_certificate(certificate)
        key = read.public_key()
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, content, ec.ECDSA(hashes.SHA256()))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, content, padding.PKCS1v15(), hashes.SHA256())
        else:
            return None
        return read.subject.rfc4514_string()
    except (ValueError, InvalidSignature):
        return None


def _end_of(signature: EmbeddedPdfSignature) -> int:
    """Return where the last of the signed bytes stands."""
    _, _, start, length = (int(each) for each in signature.byte_range)
    return start + length


def _parts(settings: Settings, now: datetime) -> list[tuple[str, dict[str, str], bytes]]:
    """Return the certificate, those above it, and the key."""
    if not settings.signing_file:
        content = keyring.file(settings, _FILE, lambda: _make(now))
    else:
        try:
            content = Path(settings.signing_file).read_bytes()
        except OSError as e:
            raise _unusable() from e
    try:
        return list(pem.unarmor(content, multiple=True))
    except ValueError as e:
        raise _unusable() from e


def _unusable() -> Unavailable:
    return Unavailable("signature.no-key", "档案库的签名密钥不能用。请检查签名文件：应含 PEM 格式的证书和私钥。")


def _make(now: datetime) -> bytes:
    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"archive-service {x509.random_serial_number():x}"[:40])])
    signing_only = x509.KeyUsage(
        digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    written = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365 * _YEARS))
        .add_extension(signing_only, critical=True)
        .sign(secret, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    return written.public_bytes(serialization.Encoding.PEM) + secret.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain
    )
