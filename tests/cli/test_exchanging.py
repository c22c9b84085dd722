"""`export` and `import` on the command line: out of one home, into another that is empty."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from archive_service.exchange.bags.check import check
from tests.exchange.world import paper
from tests.support.archive import ACCOUNT, Archive


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    home = tmp_path / "home"
    home.mkdir()
    made = Archive(home)
    made.prepare()
    return made


def test_a_household_goes_out_and_into_another_home(archive: Archive, tmp_path: Path) -> None:
    for kind in ("bagit", "eep"):
        out = tmp_path / kind
        answer = archive.run("export", ACCOUNT, "--format", kind, "--out", str(out), "--json")
        assert answer.code == 0, answer.err
        assert answer.json["out"] == str(out)
        again = archive.run("export", ACCOUNT, "--format", kind, "--out", str(out))
        assert again.code == 2
        home = tmp_path / f"home-{kind}"
        home.mkdir()
        other = Archive(home)
        assert other.run("init").code == 0
        centre = json.loads((out / "data/metadata/household.json").read_text())["unit"]
        top = other.run("people", "units", "--json").rows[0]
        root = top[0]["code"] if isinstance(top, list) else top["code"]
        assert other.run("people", "add-unit", centre, "东门供电所", "--below", root).code == 0
        taken = other.run("import", str(out), "--json")
        assert taken.code == 0, taken.err
        assert (taken.json["account_no"], taken.json["cases"]) == (ACCOUNT, 1)
        assert (taken.json["signature"], bool(taken.json["signer"])) == ("foreign", True)
        assert other.run("import", str(out)).code == 3
        assert other.run("household", ACCOUNT, "--json").json["account_name"] == "汪雪梅"
    assert check(tmp_path / "bagit").valid


def test_a_foreign_package_is_received_and_a_bad_one_is_refused_with_what_is_wrong(
    archive: Archive, tmp_path: Path
) -> None:
    import hashlib

    folder = tmp_path / "foreign"
    (folder / "data").mkdir(parents=True)
    content = paper("foreign")
    (folder / "data/paper.pdf").write_bytes(content)
    (folder / "bagit.txt").write_text("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    (folder / "manifest-sha256.txt").write_text(f"{hashlib.sha256(content).hexdigest()}  data/paper.pdf\n")
    taken = archive.run("import", str(folder), "--json")
    assert taken.code == 0, taken.err
    assert [(one["file"], one["state"]) for one in taken.json["scans"]] == [("paper.pdf", "received")]
    (folder / "data/paper.pdf").write_bytes(b"other")
    refused = archive.run("import", str(folder), "--json")
    assert refused.code == 3
    assert [one["code"] for one in refused.json["findings"]] == ["bag.digest"]
