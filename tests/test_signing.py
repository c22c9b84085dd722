"""The signature under a PDF: what was signed, what was changed since, whose key it was."""

from __future__ import annotations

import io
from pathlib import Path

import pikepdf
import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from archive_service import signing
from archive_service.errors import Invalid, Unavailable
from archive_service.settings import Settings
from tests.support import records
from tests.support.hostile import plain_pdf


@pytest.fixture
def signed(settings: Settings) -> bytes:
    return signing.sign(settings, plain_pdf(2), now=records.NOW)


def own(settings: Settings) -> bytes:
    return signing.certificate(settings, now=records.NOW)


def test_a_signed_paper_is_checked_with_the_certificate_alone(settings: Settings, signed: bytes) -> None:
    assert own(settings).count(b"BEGIN") == 1
    assert b"PRIVATE" not in own(settings)
    found = signing.check(signed, own(settings))
    assert found.ours
    assert found.untouched
    assert found.signed_at
    assert len(pikepdf.open(io.BytesIO(signed)).pages) == 2


def test_every_changed_byte_of_what_was_signed_is_noticed(settings: Settings, signed: bytes) -> None:
    """One byte in each stretch of the file, but where the signature itself stands."""
    plain = len(plain_pdf(2))
    for place in range(20, plain, plain // 25):
        changed = signed[:place] + bytes([signed[place] ^ 1]) + signed[place + 1 :]
        try:
            assert not signing.check(changed, own(settings)).untouched, place
        except Invalid:
            continue


def test_what_is_added_afterwards_is_noticed(settings: Settings, signed: bytes) -> None:
    """An update behind the signature leaves the signed bytes as they were."""
    writer = IncrementalPdfFileWriter(io.BytesIO(signed))
    writer.root["/Lang"] = generic.TextStringObject("en")
    writer.update_root()
    updated = io.BytesIO()
    writer.write(updated)
    for more in (updated.getvalue(), signed + b"\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"):
        assert more.startswith(signed)
        assert not signing.check(more, own(settings)).untouched


def test_the_key_of_another_archive_is_not_ours(settings: Settings, signed: bytes, tmp_path: Path) -> None:
    other = settings.model_copy(update={"home": tmp_path / "other"})
    found = signing.check(signed, own(other))
    assert found.untouched
    assert not found.ours


def test_the_key_of_the_utility_is_used_where_the_settings_name_it(settings: Settings, tmp_path: Path) -> None:
    """The same file with several archives: papers of each are checked with one certificate."""
    given = tmp_path / "utility.pem"
    _ = own(settings)
    given.write_bytes((settings.home / "secrets" / "signing.pem").read_bytes())
    other = settings.model_copy(update={"home": tmp_path / "other", "signing_file": str(given)})
    assert signing.check(signing.sign(other, plain_pdf(), now=records.NOW), own(settings)).ours
    assert not (tmp_path / "other" / "secrets").exists()


@pytest.mark.parametrize("content", [b"", b"no key", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_file_without_key_signs_nothing(settings: Settings, tmp_path: Path, content: bytes) -> None:
    given = tmp_path / "bad.pem"
    given.write_bytes(content)
    with pytest.raises(Unavailable):
        signing.sign(settings.model_copy(update={"signing_file": str(given)}), plain_pdf(), now=records.NOW)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4 broken", plain_pdf()])
def test_what_bears_no_signature_is_told_so(settings: Settings, content: bytes) -> None:
    with pytest.raises(Invalid):
        signing.check(content, own(settings))


def test_what_is_no_certificate_is_told_so(signed: bytes) -> None:
    with pytest.raises(Invalid):
        signing.check(signed, b"certificate")
