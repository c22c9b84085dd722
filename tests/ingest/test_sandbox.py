"""Whatever hostile bytes do to the child, the worker goes on and learns one code."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from archive_service.errors import Unavailable
from ingest.errors import FileRefused
from ingest.sandbox import Allowance, Sandbox
from ingest.sandbox.verdict import OUT_OF_MEMORY, End, code_of

ROOT = Path(__file__).resolve().parents[2]
MIB = 1024 * 1024
ALLOW = Allowance(
    memory_bytes=96 * MIB, wall_s=20, cpu_s=20, file_bytes=4 * MIB, work_bytes=16 * MIB, result_bytes=4 * MIB
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox whose steps behave as badly as libraries can."""
    opened = Sandbox("tests.support.sandbox_steps", search=(ROOT,))
    yield opened
    opened.close()


@pytest.fixture
def original(tmp_path: Path) -> Path:
    path = tmp_path / "original"
    path.write_bytes(b"twelve bytes")
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    path = tmp_path / "out"
    path.mkdir()
    return path


def gone(pid: int) -> bool:
    """Wait until process `pid` has ended; what nobody has reaped yet has ended too."""
    for _ in range(500):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def test_a_step_answers_and_hands_over_its_files(sandbox: Sandbox, original: Path, out: Path) -> None:
    answer = sandbox.run("length", original, into=out, allow=ALLOW, said="申请")
    assert answer == {"length": 12, "said": "申请"}
    assert [p.name for p in out.iterdir()] == ["copy"]
    assert (out / "copy").read_bytes() == b"twelve bytes"


BEHAVIOURS = [
    ("eat", {}, {}, "file.memory-limit"),
    ("abort", {}, {}, "file.memory-limit"),
    ("spin", {}, {"cpu_s": 0, "wall_s": 30}, "file.time-limit"),
    ("sleep", {}, {"wall_s": 0.5}, "file.time-limit"),
    ("crash", {}, {}, "file.crash"),
    ("signal", {"number": signal.SIGBUS}, {}, "file.crash"),
    ("signal", {"number": signal.SIGALRM}, {}, "file.time-limit"),
    ("signal", {"number": signal.SIGKILL}, {}, "file.memory-limit"),
    ("vanish", {}, {}, "file.crash"),
    ("lie", {"said": "not json"}, {}, "file.crash"),
    ("lie", {"said": "[" * 100_000}, {}, "file.crash"),
    ("lie", {"said": '{"refused": "file.invented", "facts": {"path": "/etc"}}'}, {}, "file.unreadable"),
    ("raise", {}, {}, "file.unreadable"),
    ("recurse", {}, {}, "file.damaged"),
    ("write_large", {}, {}, "file.unpack-limit"),
    ("write_many", {}, {}, "file.unpack-limit"),
    ("talk_much", {}, {}, "file.unpack-limit"),
]


@pytest.mark.parametrize(("step", "arguments", "limits", "code"), BEHAVIOURS)
def test_a_child_that_misbehaves_becomes_one_refusal_and_leaves_nothing(
    step: str, arguments: dict[str, Any], limits: dict[str, Any], code: str, sandbox: Sandbox, original: Path, out: Path
) -> None:
    with pytest.raises(FileRefused) as refusal:
        sandbox.run(step, original, into=out, allow=replace(ALLOW, **limits), **arguments)
    assert refusal.value.code == code
    told = refusal.value.message + json.dumps(refusal.value.facts)
    assert not any(leak in told for leak in ("library text", "Traceback", "/etc", str(original)))
    assert list(out.iterdir()) == []
    assert sandbox.run("length", original, into=out, allow=ALLOW)["length"] == 12


def test_a_full_disk_is_our_trouble_and_not_the_files(sandbox: Sandbox, original: Path, out: Path) -> None:
    with pytest.raises(Unavailable) as fault:
        sandbox.run("disk_full", original, into=out, allow=ALLOW)
    assert fault.value.code == "ingest.no-space"


def test_a_child_knows_no_secret_and_holds_no_open_file(
    monkeypatch: pytest.MonkeyPatch, original: Path, out: Path
) -> None:
    monkeypatch.setenv("ARCHIVE_S3_SECRET_KEY", "hush")
    sandbox = Sandbox("tests.support.sandbox_steps", search=(ROOT,))
    with (original.parent / "secret").open("w") as held:
        os.set_inheritable(held.fileno(), True)
        around = sandbox.run("surroundings", original, into=out, allow=ALLOW)
        files = sandbox.run("open_files", original, into=out, allow=ALLOW)
    zygote_environment = Path(f"/proc/{around['zygote']}/environ").read_bytes()
    sandbox.close()
    assert around["environment"] == {}
    assert b"hush" not in zygote_environment
    assert b"ARCHIVE_" not in zygote_environment
    # Streams that lead nowhere and the pipe for the answer.
    assert files == [0, 1, 2, 3]
    assert around["session"] == around["child"]


def test_a_child_reaches_no_network(sandbox: Sandbox, original: Path, out: Path) -> None:
    if "network: shared" in sandbox.isolation():
        pytest.skip("this kernel allows neither a network namespace nor Landlock for TCP")
    with socket.create_server(("127.0.0.1", 0)) as server:
        answer = sandbox.run("connect", original, into=out, allow=ALLOW, port=server.getsockname()[1])
    assert answer != "connected"


def test_a_child_reads_and_writes_nothing_of_the_archive(sandbox: Sandbox, original: Path, out: Path) -> None:
    if "landlock" not in sandbox.isolation():
        pytest.skip("this kernel has no Landlock")
    database = original.parent / "archive.db"
    database.write_text("rows")
    answer = sandbox.run("read_elsewhere", original, into=out, allow=ALLOW, elsewhere=str(database))
    assert answer == {"read": "refused", "write": "refused"}
    own = sandbox.run("read_elsewhere", original, into=out, allow=ALLOW, elsewhere=str(original))
    assert own == {"read": "allowed", "write": "refused"}


def test_links_that_a_child_leaves_are_not_followed(sandbox: Sandbox, original: Path, out: Path) -> None:
    sandbox.run("leave_links", original, into=out, allow=ALLOW)
    assert [p.name for p in out.iterdir()] == ["plain"]


def test_a_lost_zygote_is_replaced(sandbox: Sandbox, original: Path, out: Path) -> None:
    first = sandbox.run("surroundings", original, into=out, allow=ALLOW)["zygote"]
    os.kill(first, signal.SIGKILL)
    assert gone(first)
    second = sandbox.run("surroundings", original, into=out, allow=ALLOW)["zygote"]
    assert second != first


def test_a_zygote_that_dies_while_it_starts_is_noticed_and_not_waited_for(original: Path, out: Path) -> None:
    lost = Sandbox("tests.support.no_such_steps", search=(ROOT,))
    try:
        with pytest.raises(Unavailable) as caught:
            lost.run("anything", original, into=out, allow=ALLOW)
    finally:
        lost.close()
    causes: list[BaseException | None] = [caught.value]
    while causes[-1] is not None:
        causes.append(causes[-1].__cause__ or causes[-1].__context__)
    assert not any(isinstance(cause, TimeoutError) for cause in causes)


def test_a_zygote_killed_in_a_step_takes_the_child_along_and_is_our_trouble(
    sandbox: Sandbox, original: Path, out: Path
) -> None:
    caught: list[Exception] = []

    def run() -> None:
        try:
            sandbox.run("sleep", original, into=out, allow=ALLOW, mark="pids")
        except Unavailable as error:
            caught.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    zygote, child = _pids(out)
    os.kill(zygote, signal.SIGKILL)
    thread.join()
    assert len(caught) == 1
    assert gone(child)
    assert sandbox.run("length", original, into=out, allow=ALLOW)["length"] == 12


def test_when_the_worker_is_killed_nothing_of_it_stays_behind(original: Path, out: Path) -> None:
    program = textwrap.dedent(
        f"""
        from pathlib import Path
        from ingest.sandbox import Allowance, Sandbox
        sandbox = Sandbox("tests.support.sandbox_steps", search=(Path({str(ROOT)!r}),))
        allow = Allowance(memory_bytes=1 << 27, wall_s=300, cpu_s=300)
        sandbox.run("sleep", Path({str(original)!r}), into=Path({str(out)!r}), allow=allow, mark="pids")
        """
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT) as worker:
        zygote, child = _pids(out)
        worker.kill()
    assert gone(child)
    assert gone(zygote)


def test_threads_take_turns(sandbox: Sandbox, original: Path, out: Path) -> None:
    answers: list[int] = []

    def run(number: int) -> None:
        for _ in range(5):
            answers.append(sandbox.run("length", original, into=out, allow=ALLOW, number=number)["number"])

    threads = [threading.Thread(target=run, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == sorted([0, 1, 2, 3] * 5)


def test_a_forked_worker_starts_a_zygote_of_its_own(sandbox: Sandbox, original: Path, out: Path) -> None:
    ours = sandbox.run("surroundings", original, into=out, allow=ALLOW)["zygote"]
    pid = os.fork()
    if pid == 0:
        theirs = sandbox.run("surroundings", original, into=out, allow=ALLOW)["zygote"]
        sandbox.close()
        os._exit(0 if theirs != ours else 1)
    assert os.waitpid(pid, 0)[1] == 0
    assert sandbox.run("surroundings", original, into=out, allow=ALLOW)["zygote"] == ours


def test_a_zygote_is_renewed_after_its_share_of_steps(
    monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox, original: Path, out: Path
) -> None:
    monkeypatch.setattr("ingest.sandbox.host._JOBS_PER_ZYGOTE", 3)
    sandbox.close()
    seen = [sandbox.run("surroundings", original, into=out, allow=ALLOW)["zygote"] for _ in range(4)]
    assert seen[0] == seen[1] == seen[2] != seen[3]


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (End(0, None, 0, 0), None),
        (End(256, None, 0, 0), "file.crash"),
        (End(OUT_OF_MEMORY << 8, None, 0, 0), "file.memory-limit"),
        (End(signal.SIGSEGV, None, 10, 0), "file.crash"),
        (End(signal.SIGSEGV, None, 90, 0), "file.memory-limit"),
        (End(signal.SIGTRAP, None, 10, 0), "file.crash"),
        (End(signal.SIGKILL, None, 10, 6), "file.time-limit"),
        (End(signal.SIGKILL, "time", 10, 0), "file.time-limit"),
        (End(0, "result", 10, 0), "file.unpack-limit"),
    ],
)
def test_the_way_a_child_ends_says_what_is_wrong(end: End, code: str | None) -> None:
    assert code_of(end, memory_bytes=100, cpu_s=5) == code


def _pids(out: Path) -> tuple[int, int]:
    """Wait until the step has written down who it is: zygote and child."""
    for _ in range(1000):
        for mark in out.glob("step-*/pids"):
            if text := mark.read_text():
                zygote, child = text.split()
                return int(zygote), int(child)
        time.sleep(0.02)
    raise AssertionError("the step did not start")
