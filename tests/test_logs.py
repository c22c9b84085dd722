"""The log: one form, one place, no line lost or torn, nothing in it about any customer."""

from __future__ import annotations

import collections
import json
import logging
import os
import resource
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archive_service import logs
from archive_service.settings import Settings

PROCESSES, LINES = 5, 400


@pytest.fixture(autouse=True)
def _own_log() -> Iterator[None]:
    """What a test sets up ends with it."""
    root, ours = logging.getLogger(), logging.getLogger(logs.OURS)
    before, levels = list(root.handlers), (root.level, ours.level)
    yield
    for one in [one for one in root.handlers if one not in before]:
        root.removeHandler(one)
        one.close()
    root.setLevel(levels[0])
    ours.setLevel(levels[1])


@pytest.fixture
def written(settings: Settings, tmp_path: Path) -> Settings:
    """Settings that write JSON lines into a file."""
    return settings.model_copy(update={"log_file": str(tmp_path / "log" / "archive.log"), "log_json": True})


def talkers(settings: Settings, *arguments: str, lines: int = LINES) -> list[subprocess.Popen[str]]:
    environment = {**os.environ, **settings.environment()}
    return [
        subprocess.Popen(
            [sys.executable, "-m", "tests.support.talkers", f"p{number}", str(lines), *arguments],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for number in range(PROCESSES)
    ]  # fmt: skip


def ended(running: list[subprocess.Popen[str]]) -> None:
    for one in running:
        out, err = one.communicate(timeout=120)
        assert (out, err, one.returncode) == ("done\n", "", 0)


def lines_of(folder: Path) -> list[dict[str, Any]]:
    """Every line of the log and of all files it was rotated into; each has to be one whole JSON object."""
    files = [path for path in folder.iterdir() if not path.name.startswith(".")]
    return [json.loads(line) for path in files for line in path.read_text("utf-8").splitlines()]


def said(names: list[str], lines: int = LINES) -> collections.Counter[str]:
    return collections.Counter(f"{name}/{number}" for name in names for number in range(lines))


def test_no_line_is_lost_torn_or_doubled_while_many_processes_rotate_one_file(written: Settings) -> None:
    """Each of them writes and rotates as it comes; the file is rotated some hundred times."""
    small = written.model_copy(update={"log_max_bytes": 2000, "log_kept": 5000})
    ended(talkers(small))
    folder = Path(written.log_file).parent
    assert collections.Counter(line["said"] for line in lines_of(folder)) == said([f"p{n}" for n in range(PROCESSES)])
    assert len(list(folder.glob("archive.log.*"))) > 100


def test_children_that_inherit_the_log_rotate_it_as_well(written: Settings) -> None:
    """Celery forks its workers after the log was opened: a lock taken before the fork would be everybody's."""
    small = written.model_copy(update={"log_max_bytes": 2000, "log_kept": 5000})
    ended(talkers(small, "fork"))
    names = [f"p{n}{who}" for n in range(PROCESSES) for who in ("", "-child")]
    expected = said(names) + said([f"p{n}-first" for n in range(PROCESSES)], 1)
    found = collections.Counter(line["said"] for line in lines_of(Path(written.log_file).parent))
    assert found == expected


def test_another_program_may_move_the_file_away_at_any_moment(written: Settings) -> None:
    """logrotate renames it and tells nobody; the processes go on in a new file of the same name."""
    unrotated = written.model_copy(update={"log_max_bytes": 0})
    path = Path(written.log_file)
    running = talkers(unrotated, lines=2000)
    moved = 0
    while any(one.poll() is None for one in running):
        if path.exists():
            moved += 1
            path.rename(path.with_name(f"archive.log-{moved}"))
        time.sleep(0.02)
    ended(running)
    # Who did not open the file again would write on in the one that it opened first.
    assert moved > 2 * PROCESSES
    found = collections.Counter(line["said"] for line in lines_of(path.parent))
    assert found == said([f"p{n}" for n in range(PROCESSES)], 2000)


def test_old_files_go_so_that_the_log_does_not_fill_the_disk(written: Settings) -> None:
    """As many stay as the setting says."""
    logs.configure(written.model_copy(update={"log_max_bytes": 1000, "log_kept": 3}))
    for number in range(200):
        logs.get("x").warning("line", said=number)
    names = {path.name for path in Path(written.log_file).parent.iterdir() if not path.name.startswith(".")}
    assert names == {"archive.log", "archive.log.1", "archive.log.2", "archive.log.3"}


def test_work_goes_on_when_the_log_has_no_room(written: Settings) -> None:
    """The line is lost, nothing is thrown; lines come again when there is room."""
    logs.configure(written)
    log = logs.get("x")
    log.warning("before")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (Path(written.log_file).stat().st_size, limits[1]))
    try:
        log.error("full", detail="x" * 100_000)
        logging.getLogger("uvicorn.error").error("full as well")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    log.warning("after")
    events = [line["event"] for line in lines_of(Path(written.log_file).parent)]
    assert (events[0], events[-1]) == ("before", "after")


def test_work_goes_on_when_standard_error_has_no_room(settings: Settings) -> None:
    """A service manager may write it to a disk that is full."""
    with Path("/dev/full").open("w") as full:
        talker = subprocess.run(
            [sys.executable, "-m", "tests.support.talkers", "p", "5"],
            env={**os.environ, **settings.environment()}, stdout=subprocess.PIPE, stderr=full, text=True, check=False,
        )  # fmt: skip
    assert talker.stdout == "done\n"


def test_a_log_file_that_cannot_be_opened_does_not_keep_the_program_from_starting(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lines then go to standard error, the first of which names the file."""
    (tmp_path / "a-file").touch()
    logs.configure(settings.model_copy(update={"log_file": str(tmp_path / "a-file" / "log")}))
    logs.get("x").warning("heard anyway")
    told = capsys.readouterr().err
    assert str(tmp_path / "a-file") in told.splitlines()[0]
    assert "heard anyway" in told


def test_lines_of_libraries_have_the_form_of_ours(written: Settings) -> None:
    """Level, moment, place, process; a trace stands in the line of its fault."""
    logs.configure(written)
    logs.get("web").warning("ours", code="store.full")
    try:
        raise OSError("gone")
    except OSError:
        logging.getLogger("celery.worker").exception("%s of theirs", "one")
    ours, theirs = lines_of(Path(written.log_file).parent)
    assert {*ours, "exception"} == {*theirs, "code"}
    assert (theirs["at"], theirs["level"], theirs["event"], theirs["pid"]) == (
        "celery.worker", "error", "one of theirs", os.getpid(),
    )  # fmt: skip
    assert "OSError: gone" in theirs["exception"]


def test_libraries_are_not_heard_below_warning_and_we_are_as_the_setting_says(written: Settings) -> None:
    """The lines of servers and migrations at INFO hold addresses, and addresses hold account numbers."""
    logs.configure(written.model_copy(update={"log_level": "INFO"}))
    logs.get("x").debug("too fine")
    logs.get("x").info("ours")
    logging.getLogger("uvicorn.access").info("GET /households/5101431049")
    assert [line["event"] for line in lines_of(Path(written.log_file).parent)] == ["ours"]


def test_a_logger_made_before_the_log_was_set_up_writes_into_it(written: Settings) -> None:
    """Modules make theirs when they are loaded."""
    early = logs.get("early")
    logs.configure(written)
    early.warning("heard")
    assert [line["at"] for line in lines_of(Path(written.log_file).parent)] == ["early"]


def test_no_number_of_a_customer_and_no_secret_comes_into_the_log(written: Settings) -> None:
    """Traces quote statements with what was to be stored, and addresses with their passwords."""
    guarded = Settings(
        **{**written.model_dump(), "s3_secret_key": "swordfish-1", "metrics_token": "open-sesame"},
        _env_file=None,
    ).model_copy(update={"database_url": "postgresql+psycopg://archive:s%40fe-word@db/archive"})
    logs.configure(guarded)
    try:
        raise ValueError("Key (account_no)=(5101431049), 身份证11010519491231002X, s@fe-word swordfish-1")
    except ValueError:
        logs.get("x").exception(
            "fault", detail="amqp://me:other-word@broker// open-sesame", facts={"no": ["5101431049123"]}
        )
    text = Path(written.log_file).read_text("utf-8")
    for hidden in ("5101431049", "110105", "s@fe-word", "swordfish", "other-word", "open-sesame"):
        assert hidden not in text, hidden
    assert "amqp://me:…@broker//" in text
    assert "ValueError: Key (account_no)=(…)" in text


def test_what_tells_machines_and_jobs_apart_stays(written: Settings) -> None:
    """A worker's name holds a long number, a digest many digits; a job's number is a number."""
    logs.configure(written)
    digest = "0123456789abcdef" * 4
    logs.get("x").warning("worker died", worker="host:12:work0:1763888888123456789", job=123456789012, digest=digest)
    (line,) = lines_of(Path(written.log_file).parent)
    assert (line["worker"], line["job"], line["digest"]) == (
        "host:12:work0:1763888888123456789", 123456789012, digest,
    )  # fmt: skip


def test_people_get_text(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error, without colours, one line an event."""
    with warnings.catch_warnings():
        logs.configure(settings)
    logs.get("x").warning("store is slow", seconds=3)
    (line,) = capsys.readouterr().err.splitlines()
    assert "store is slow" in line
    assert "seconds=3" in line
    assert "\x1b" not in line
