"""With a model that is damaged or missing nothing is read, everybody says which file it is, and files come in."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.ocr import models
from ingest.ocr.engine import EngineUnavailable
from tests.support.archive import ACCOUNT, APPLICATION, Archive
from tests.support.born_digital import supply_reply

#: Works as long as there is work, like a worker without a broker.
WORK = """
from archive_service import logs, settings
logs.configure(settings.load())
from archive_service.worker import jobs
runner = jobs.open_runner(settings.load(), worker="test")
while runner.run_one():
    pass
"""


def installed(folder: Path, model: models.Model, data: bytes | None) -> Path:
    """Return a folder with the package of a model as it is installed, but for the bytes of that one; none: no file."""
    spec = importlib.util.find_spec(model.package)
    assert spec is not None
    real = Path(spec.origin or "").parent
    copy = folder / model.package
    (copy / "models").mkdir(parents=True)
    for one in (*real.iterdir(), *(real / "models").iterdir()):
        place = copy / one.relative_to(real)
        if one != model.path and place.name != "models":
            place.symlink_to(one)
    if data is not None:
        (copy / "models" / model.file).write_bytes(data)
    return folder


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An archive that took a paper in and has worked on nothing yet."""
    ready = Archive(tmp_path / "home")
    ready.home.mkdir()
    ready.prepare()
    paper = tmp_path / "答复单.pdf"
    paper.write_bytes(supply_reply(ACCOUNT, APPLICATION))
    answer = ready.run("ingest", str(paper), "--no-wait")
    assert answer.code == 0, answer.err
    return ready


def work(archive: Archive, **environment: str) -> str:
    """Let a worker do what it can; return what it logged."""
    given = {**os.environ, "ARCHIVE_HOME": str(archive.home), **environment}
    done = subprocess.run([sys.executable, "-c", WORK], env=given, capture_output=True, text=True, check=True)
    return done.stderr


def state(archive: Archive) -> str:
    return str(archive.run("scans", "--json").rows[0]["state"])


@pytest.mark.parametrize(
    ("model", "data", "code"),
    [(models.READS, b"\x08\x07 torn", "ocr.model-damaged"), (models.TURNS_PAGES, None, "ocr.unavailable")],
)
def test_a_worker_does_not_read_with_a_bad_model_and_goes_on_when_it_is_mended(
    archive: Archive, tmp_path: Path, model: models.Model, data: bytes | None, code: str
) -> None:
    """The first step is done, reading waits without a failed try, and log and doctor name the file."""
    place = str(installed(tmp_path / "site", model, data))
    log = work(archive, PYTHONPATH=place)
    assert state(archive) == "checked"
    assert model.file in log
    (job,) = archive.run("jobs", "list", "--state", "queued", "--json").rows
    assert (job["step"], job["attempt"], job["error_code"]) == ("render", 0, None)
    told = archive.run("doctor", "--json", PYTHONPATH=place)
    bad = {part["name"]: part["detail"] for part in told.json["components"] if not part["ok"]}
    assert model.file in bad["识读引擎"]
    assert told.code == 6
    work(archive)
    assert state(archive) == "filed"
    assert archive.run("doctor").code == 0


def test_the_digests_of_the_models_are_those_that_this_version_was_made_for() -> None:
    """Each is named with file and digest, and one altered byte is seen."""
    models.check(models.needed("rapidocr"))
    wrong = models.Model(models.READS.package, models.READS.file, "0" * 64)
    with pytest.raises(EngineUnavailable) as caught:
        models.check([models.FINDS, wrong])
    assert caught.value.code == "ocr.model-damaged"
    assert caught.value.facts["model"] == models.READS.file


def test_doctor_shows_the_digest_of_every_model(archive: Archive) -> None:
    """Whoever compares two machines sees whether they read with the same models."""
    parts = {part["name"]: part["detail"] for part in archive.run("doctor", "--json").json["components"]}
    for model in models.needed("rapidocr"):
        assert f"{model.file} {model.sha256[:12]}" in parts["识读引擎"]
