"""A model is trained on what people confirmed, put in use only if it is no worse, taken back; all is written down."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.recognise.naming import shipped
from tests.support.archive import ACCOUNT, APPLICATION, Archive
from tests.support.born_digital import paper, supply_reply

#: So few papers that training takes seconds; such a model is worse than that of the package.
FEW = ("--generated", "1")
ROWS = [("户号", ACCOUNT), ("申请编号", APPLICATION), ("户名", "汪雪梅"), ("核对事项", "邻里互助用电关照")]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """An archive in which a person has decided what a paper under an unheard-of title is."""
    home = tmp_path_factory.mktemp("archive") / "home"
    home.mkdir()
    ready = Archive(home)
    ready.prepare()
    scanned = home.parent / "odd.pdf"
    scanned.write_bytes(paper("邻里互助登记折", ROWS))
    told = ready.run("ingest", str(scanned), "--json").json
    (waiting,) = ready.run("review", "list", "--json").rows
    decided = ready.run("review", "decide", waiting["id"], "--type", "V01", "--account", ACCOUNT, "--json")
    assert (told["state"], decided.code) == ("needs_review", 0), decided.err
    yield ready
    # Whatever was done to the models, nothing of the archive is lost or altered.
    assert ready.run("verify", "--json").json["findings"] == []


def test_at_first_the_model_of_the_package_names_papers(archive: Archive) -> None:
    """It stands in the list of models, and there is none before it."""
    (only,) = archive.run("recognise", "models", "--json").rows
    assert (only["digest"], only["state"], only["trained_at"]) == (shipped.model().digest, "in_use", None)
    assert archive.run("recognise", "rollback").code == 3


def test_a_worse_model_is_not_put_in_use_unless_told_so(archive: Archive) -> None:
    """Exit code 3 and the sentence say so, the old one stays; --force puts it in use; rollback takes it back."""
    before = shipped.model().digest
    declined = archive.run("recognise", "train", *FEW, "--json")
    assert (declined.code, declined.json["installed"], declined.json["worse"]) == (3, False, True)
    assert declined.json["confirmed"] + declined.json["after"]["confirmed"]["documents"] == 1
    assert archive.run("recognise", "models", "--json").rows[0]["digest"] == before
    forced = archive.run("recognise", "train", *FEW, "--force", "--json").json
    listed = archive.run("recognise", "models", "--json").rows
    assert [(row["digest"], row["state"]) for row in listed] == [(forced["model"], "in_use"), (before, "package")]
    assert archive.run("recognise", "rollback", "--json").json == {"in_use": before}
    assert [row["state"] for row in archive.run("recognise", "models", "--json").rows] == ["taken_back", "in_use"]
    done = [row["did"] for row in archive.run("audit", "list", "--json").rows]
    assert {"model.declined", "model.installed", "model.rolled-back"} <= set(done)


def test_a_person_reads_how_the_model_did(archive: Archive) -> None:
    """Shares and mistakes stand in tables, with the names of the types."""
    told = archive.run("recognise", "evaluate", *FEW)
    assert told.code == 0, told.err
    assert "新生成的资料" in told.out
    assert "服务回访单" in told.out


def test_a_damaged_model_is_not_used_and_the_doctor_says_so(archive: Archive, tmp_path: Path) -> None:
    """Papers are named by the model of the package until the damaged one is taken back."""
    digest = archive.run("recognise", "train", *FEW, "--force", "--json").json["model"]
    (file,) = (archive.home / "objects").rglob(digest)
    whole = file.read_bytes()
    write(file, whole[:-1])
    asked = archive.run("doctor", "--json")
    (part,) = [one for one in asked.json["components"] if one["name"] == "归类模型"]
    assert (asked.code, part["ok"], digest[:12] in part["detail"]) == (6, False, True)
    (tmp_path / "reply.pdf").write_bytes(supply_reply(ACCOUNT, APPLICATION, note="模型损坏时"))
    assert archive.run("ingest", str(tmp_path), "--json").json["state"] == "filed"
    assert archive.run("recognise", "rollback", "--json").json == {"in_use": shipped.model().digest}
    assert named_by(archive) == [shipped.model().digest, shipped.model().digest]
    write(file, whole)


def test_workers_take_up_a_new_model_without_a_restart(archive: Archive, tmp_path: Path) -> None:
    """Each scan asks which model is in use; the row of the document says which one named it."""
    digest = archive.run("recognise", "train", *FEW, "--force", "--json").json["model"]
    (tmp_path / "reply.pdf").write_bytes(supply_reply(ACCOUNT, APPLICATION, note="换了模型以后"))
    archive.run("ingest", str(tmp_path), "--json")
    assert named_by(archive)[-1] == digest
    assert archive.run("recognise", "rollback").code == 0


def named_by(archive: Archive) -> list[str]:
    """Return the model that named each document, as the database has it."""
    with sqlite3.connect(archive.home / "archive.db") as connection:
        found = connection.execute("select named_by from scan_documents order by id").fetchall()
    connection.close()
    return [row[0] for row in found]


def write(file: Path, content: bytes) -> None:
    """Replace the bytes of a stored object, which the program itself never does."""
    file.chmod(0o600)
    file.write_bytes(content)
    file.chmod(0o400)
