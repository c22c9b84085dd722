"""Parse, print and compare the numbers that identify things.

Account and application numbers come from outside and are kept as text; their patterns are settings.
"""

from __future__ import annotations

import re
import unicodedata

from archive_service.errors import Invalid

_DIGEST = re.compile(r"[0-9a-f]{64}")
_TYPE_CODE = re.compile(r"[A-Z][0-9]{2}[A-Z]?")
#: Look-alikes that keyboards, scanners and OCR put in place of a digit.


def digest(text: str) -> str:
    """Return `text` as a sha256 digest: 64 lower-case hexadecimal digits. Raises Invalid otherwise."""
    value = text.strip().lower()
    if not _DIGEST.fullmatch(value):
        raise Invalid("id.digest", "这不是 sha256 摘要（64 位十六进制）。请核对后再试。")
    return value


def account_no(text: str, *, pattern: str) -> str:
    """Return the account number in `text`, half-width and without spaces, if it fits `pattern`.

    Raises Invalid with the text as read when it does not.
    """
    value = compact(text)
    if not re.fullmatch(pattern, value):
        raise Invalid("id.account-no", f"户号“{value[:40]}”不符合本单位的户号格式。请核对后再试。", given=value[:40])
    return value


def compact(text: str) -> str:
    """Return `text` in half-width form without any white space."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def is_type_code(text: str) -> bool:
    """Say whether `text` has the shape of a document type code such as A01 or K01H."""
    return bool(_TYPE_CODE.fullmatch(text))


def scanned_code(archive_code: str) -> str:
    """Return an archive code as its QR code says it: in ASCII, for readers guess the character set of a middle dot."""
    return archive_code.replace("·", ".")


def archive_codes_meant(text: str) -> set[str]:
    """Return the archive codes that a typed or scanned text may mean."""
    said = {text.strip(), text.strip().upper()}
    return said | {one.replace(".", "·") for one in said}
