"""Steps that behave as hostile bytes make libraries behave; loaded by the zygote in tests of the sandbox."""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ingest.sandbox.child import Step


def _length(path: Path, work: Path, arguments: Mapping[str, Any]) -> Any:
    (work / "copy").write_bytes(path.read_bytes())
    return {"length": len(path.read_bytes()), **arguments}


def _surroundings(path: Path, work: Path, arguments: Mapping[str, Any]) -> Any:
    return {
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "zygote": os.getppid(),
        "child": os.getpid(),
        "session": os.getsid(0),
    }


def _open_files(path: Path, work: Path, arguments: Mapping[str, Any]) -> Any:
    found = []
    for number in range(64):
        try:
            os.fstat(number)
            found.append(number)
        except OSError:
            continue
    return found


def _eat(path: Path, work: Path, arguments: Mapping[str, Any]) -> Any:
    eaten = []
    while True:
        eaten.append(bytearray(1 << 20))


def _spin(path: Path, work: Path, arguments: Mapping[str, Any]) -> Any:
    while True:
        pass


def _sleep(path: Path, work: Path, arguments: Mapping[str, Any]) -> Any:
    if mark := arguments.get("mark"):
        (work / mark).write_text(f"{os.getppid()} {os.getpid()}")
    time.sleep(600)


def _crash(path: Path, work: Path, arguments: Mapping[str, Any]) -> Any:
    ctypes.string_at(0)


def _abort(path: Path, work: Path, arguments: Mapping[str, Any]) -> Any:
    os.abort()


def _signal(path: Path, work: Path, arguments: Mapping[str, Any]) -> Any:
    if arguments["number"] != signal.SIGKILL:
        signal.signal(arguments["number"], signal.SIG_DFL)
    os.kill(os.getpid(), arguments["number"])
    time.sleep(600)


def _vanish(path: Path, work: Path, arguments: Mapping[str, Any]) -> Any:
    os._exit(0)


def _lie(path: Path, work: Path, arguments: Mapping[str, Any]) -> Any:
    os.write(3, arguments["said"].encode())
    os._exit(0)


def _raise(path: Path, work: Path, arguments: Mapping[str, Any]) -> Any:
    raise AssertionError(f"library text about {path}")


def _recurse(path: Path, work: Path, arguments: Mapping[str, Any]) -> Any:
    return _recurse(path, work, arguments)


def _disk_full(path: Path, work: Path, arguments: Mapping[str, Any]) -> Any:
    raise OSError(errno.ENOSPC, "no space")


def _write_large(path: Path, work: Path, arguments: Mapping[str, Any]) -> Any:
    with (work / "large").open("wb") as out:
        for _ in range(64):
            out.write(bytes(1 << 20))


def _write_many(path: Path, work: Path, arguments: Mapping[str, Any]) -> Any:
    for number in range(64):
        (work / f"file{number}").write_bytes(bytes(1 << 20))
    time.sleep(600)


def _talk_much(path: Path, work: Path, arguments: Mapping[str, Any]) -> Any:
    return "x" * (8 << 20)


def _leave_links(path: Path, work: Path, arguments: Mapping[str, Any]) -> Any:
    (work / "link").symlink_to(path)
    (work / "folder").mkdir()
    (work / "plain").write_text("plain")


def _connect(path: Path, work: Path, arguments: Mapping[str, Any]) -> Any:
    try:
        socket.create_connection(("127.0.0.1", arguments["port"]), timeout=2).close()
    except OSError as error:
        return type(error).__name__
    return "connected"


def _read_elsewhere(path: Path, work: Path, arguments: Mapping[str, Any]) -> Any:
    tried = {}
    for name, mode in (("read", "rb"), ("write", "ab")):
        try:
            with open(arguments["elsewhere"], mode):
                tried[name] = "allowed"
        except OSError:
            tried[name] = "refused"
    return tried


STEPS: Mapping[str, Step] = {
    name.lstrip("_"): step for name, step in list(globals().items()) if name.startswith("_") and callable(step)
}
