"""SM2 signatures are those of the standard, and checkpoints signed so are checked like all others."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive_service.audit import bundle, checkpoints, note, offline, sm2
from archive_service.audit.bundle import Selection
from archive_service.audit.record import SYSTEM
from archive_service.db.session import Database
from archive_service.errors import Unavailable
from archive_service.settings import Settings
from tests.audit.test_tampering import write

NOW = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
#: The example of GM/T 0003.5-2012, annex A: key, nonce, public key and signature over "message digest".
NUMBER = 0x3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8
NONCE = 0x59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21
PUBLIC = bytes.fromhex(
    "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
SIGNATURE = bytes.fromhex(
    "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
    "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
)
MESSAGE = b"message digest"


def test_key_and_signature_are_those_of_the_standard() -> None:
    key = sm2.Key(NUMBER)
    assert key.public() == PUBLIC
    assert key.sign(MESSAGE, nonce=lambda: NONCE) == SIGNATURE


@pytest.mark.parametrize("check", [sm2.holds, offline._sm2_holds])
def test_only_that_signature_over_that_message_by_that_key_holds(check: object) -> None:
    """In the archive and in the checker: a changed bit, zeros, too large numbers and foreign points fail."""
    assert callable(check)
    assert check(PUBLIC, MESSAGE, SIGNATURE)
    for at in (0, 31, 32, 63):
        changed = bytes([*SIGNATURE[:at], SIGNATURE[at] ^ 1, *SIGNATURE[at + 1 :]])
        assert not check(PUBLIC, MESSAGE, changed)
        assert not check(bytes([*PUBLIC[:at], PUBLIC[at] ^ 1, *PUBLIC[at + 1 :]]), MESSAGE, SIGNATURE)
    assert not check(PUBLIC, MESSAGE + b" ", SIGNATURE)
    order = sm2.N.to_bytes(32)
    for wrong in (b"", SIGNATURE[:63], bytes(64), SIGNATURE[:32] + bytes(32), bytes(32) + SIGNATURE[32:],
                  SIGNATURE[:32] + order, order + SIGNATURE[32:]):  # fmt: skip
        assert not check(PUBLIC, MESSAGE, wrong)
    opposite = (sm2.N - int.from_bytes(SIGNATURE[:32])).to_bytes(32)
    assert not check(PUBLIC, MESSAGE, SIGNATURE[:32] + opposite)
    assert not check(bytes(64), MESSAGE, SIGNATURE)


def test_a_new_key_signs_anew_each_time_and_is_read_back() -> None:
    key = sm2.load_key(sm2.new_key())
    one, other = key.sign(MESSAGE), key.sign(MESSAGE)
    assert one != other
    assert all(check(key.public(), MESSAGE, made) for check in (sm2.holds, offline._sm2_holds) for made in (one, other))
    for wrong in (b"", note.new_key(), b"\xff", sm2.new_key().replace(b"MEECAQ", b"MEECAA")):
        with pytest.raises(ValueError):  # noqa: PT011 - whichever of its kinds
            sm2.load_key(wrong)


def test_checkpoints_are_signed_as_the_settings_say(database: Database, settings: Settings, tmp_path: Path) -> None:
    """Ed25519 first, then SM2: the archive, the bundle and a checkpoint kept outside hold; a forged one does not."""
    write(database, 3)
    assert checkpoints.make(database, settings, now=NOW) == 3
    changed = settings.model_copy(update={"audit_algorithm": "sm2"})
    keys = checkpoints.own_keys(changed)
    with database.reading() as session:
        assert checkpoints.faults(session, keys=keys) == []
    write(database, 2)
    assert checkpoints.make(database, changed, now=NOW) == 5
    with database.reading() as session:
        newest = checkpoints.newest(session)
        assert newest is not None
        assert checkpoints.faults(session, keys=keys) == []
        assert [one.reason for one in checkpoints.faults(session, keys=keys[:1])] == ["checkpoint-not-signed"]
    assert newest.algorithm == json.loads(newest.note)["algorithm"] == "sm2"
    kept = tmp_path / "kept.txt"
    kept.write_bytes(note.file_of(newest.note, newest.signature))
    bundle.export(database, changed, tmp_path / "b.zip", Selection(), by=SYSTEM, unit_id=None, now=NOW)
    report = offline.verify(tmp_path / "b.zip", outside=[kept], key=note.fingerprint(keys[1]))
    assert (report.findings, report.checkpoints, report.agreed) == ([], 3, 1)
    forged = base64.b64encode(sm2.load_key(sm2.new_key()).sign(newest.note.encode())).decode()
    assert not note.holds(newest.note, forged)
    kept.write_bytes(note.file_of(newest.note, forged))
    assert "outside-not-signed" in {one.reason for one in offline.verify(tmp_path / "b.zip", outside=[kept]).findings}


def test_a_key_of_the_other_kind_is_refused(settings: Settings) -> None:
    changed = settings.model_copy(update={"audit_algorithm": "sm2"})
    (settings.home / "secrets").mkdir(parents=True)
    (settings.home / "secrets" / "audit-sm2.pem").write_bytes(note.new_key())
    with pytest.raises(Unavailable, match="audit-sm2"):
        checkpoints.signing_key(changed)
