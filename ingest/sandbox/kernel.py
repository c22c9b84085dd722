"""What the kernel can take away from a process: network, files, privileges. Best effort; `doctor` says what holds."""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446

# Rights of Landlock over files, linux/landlock.h: bit 0 execute, 1 write, 2 read, 3 list, 14 truncate.
_READ_FILE, _WRITE_FILE, _TRUNCATE = 1 << 2, 1 << 1, 1 << 14
_READ_TREE = _READ_FILE | 1 << 3 | 1 << 0
#: Every right a version of Landlock knows, by version.
_ALL = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
_ALL_SINCE_5 = (1 << 16) - 1
_TCP = 0b11

_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(parent: int) -> None:
    """Have this process killed when the thread that forked it ends; end now if it already has."""
    _libc.prctl(_PR_SET_PDEATHSIG, 9, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def give_up_privileges() -> None:
    """Let nothing executed from here gain a right, and let no other process of the user look inside."""
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def leave_network() -> bool:
    """Move this process into a network of its own that has no way out; say whether the kernel allowed it."""
    user, group = os.getuid(), os.getgid()
    if _libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        return False
    for file, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        # Without the map everything still works, files only show another owner.
        with contextlib.suppress(OSError):
            Path("/proc/self", file).write_text(text)
    return True


def landlock_version() -> int:
    """Return the version of Landlock the kernel offers; 0 without it."""
    return max(0, int(_libc.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1))))


def confine(version: int, *, readable: Iterable[Path], writable: Path) -> bool:
    """Let this process read only below `readable` and write only below `writable`, and open no TCP connection."""
    if version < 1:
        return False
    every = _ALL.get(version, _ALL_SINCE_5)
    rules = struct.pack("QQQ", every, _TCP, 0)[: 8 if version < 4 else 16 if version < 6 else 24]
    ruleset = _libc.syscall(_LANDLOCK_CREATE, rules, ctypes.c_size_t(len(rules)), ctypes.c_uint32(0))
    if ruleset < 0:
        return False
    try:
        for path in readable:
            _allow(ruleset, path, (_READ_TREE if path.is_dir() else _READ_FILE) & every)
        _allow(ruleset, writable, every & ~1)
        _allow(ruleset, Path("/dev/null"), (_READ_FILE | _WRITE_FILE | _TRUNCATE) & every)
        return bool(_libc.syscall(_LANDLOCK_RESTRICT, ruleset, ctypes.c_uint32(0)) == 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    with contextlib.suppress(OSError):
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            beneath = struct.pack("=Qi", rights, place)
            _libc.syscall(_LANDLOCK_ADD, ruleset, ctypes.c_int(1), beneath, ctypes.c_uint32(0))
        finally:
            os.close(place)
