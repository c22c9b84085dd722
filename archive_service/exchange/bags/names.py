"""Which paths a bag may name: pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from archive_service.exchange.findings import Finding, printable

_DRIVE = re.compile(r"^[A-Za-z]:")
_FORBIDDEN_ON_WINDOWS = re.compile(r'[<>:"|?*]')
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", *(f"com{n}" for n in range(1, 10)), *(f"lpt{n}" for n in range(1, 10))}
)
#: The archive's signature, beside the tag files and on no list, and the list that it signs.
SIGNATURE, SIGNED = "signature.json", "tagmanifest-sha256.txt"
_LONGEST_NAME = 255
#: Bytes of a whole path; a system refuses some more than these.
_LONGEST_PATH = 2000
_DEEPEST = 32
#: Ends of lines, which the standard writes as codes, and tabs: odd in a name, and a name all the same.
_ODD = "\r\n\t"
#: All other control signs, and halves of signs.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def problem(path: str) -> tuple[str, str] | None:
    """Return why a path cannot be in a bag, as a code and a sentence; none when it can."""
    if not path or path.startswith(("/", "~")) or _DRIVE.match(path) or "\\" in path:
        return "bag.path", "路径不在信息包之内（绝对路径、盘符、~ 或反斜杠），请改用 / 分隔的相对路径"
    parts = path.split("/")
    if any(part in ("", ".", "..") for part in parts):
        return "bag.path", "路径含有 . 或 .. 或空的一段"
    if any(_leads_out(meant) for meant in _meant(path)):
        return "bag.path", "路径解码后不在信息包之内"
    if _CONTROL.search(path):
        return "bag.name", "文件名含有控制字符或无效字符"
    lengths = [len(part.encode("utf-8", "replace")) for part in parts]
    if len(parts) > _DEEPEST or max(lengths) > _LONGEST_NAME or sum(lengths) + len(parts) > _LONGEST_PATH:
        return "bag.name", "文件名过长或目录层次过深"
    return None


def _meant(path: str) -> Iterator[str]:
    """Yield what others may read a path as: codes of addresses resolved, signs of full width as plain ones."""
    once = unquote(path)
    yield from (once, unquote(once), unicodedata.normalize("NFKC", path))


def _leads_out(path: str) -> bool:
    return path.startswith("/") or ".." in path.replace("\\", "/").split("/")


def _unfit_for_windows(part: str) -> bool:
    return (
        part.endswith((".", " "))
        or _FORBIDDEN_ON_WINDOWS.search(part) is not None
        or part.split(".", 1)[0].rstrip().casefold() in _RESERVED
    )


def path_finding(path: str) -> Finding | None:
    """Return what is wrong with a path, or none."""
    found = problem(path)
    if found is None:
        return None
    code, said = found
    return Finding(code, printable(path), f"{said}。")


def oddity(path: str) -> Finding | None:
    """Return what the standard allows in a name and not every system can hold, or none."""
    if any(sign in path for sign in _ODD):
        return Finding("bag.name", printable(path), "文件名含有换行或制表符，在别的系统上不便使用。")
    if any(_unfit_for_windows(part) for part in path.split("/")):
        return Finding("bag.name", printable(path), "文件名在 Windows 上不能使用。")
    return None


def strict_finding(path: str) -> Finding | None:
    """Return what is wrong with a path where every system has to hold it, or none."""
    return path_finding(path) or oddity(path)


def collisions(paths: Iterable[str]) -> Iterator[Finding]:
    """Yield the paths that would be one file where capitals, or forms of the same sign, are not told apart."""
    seen: dict[str, str] = {}
    for path in sorted(paths):
        first = seen.setdefault(unicodedata.normalize("NFC", path).casefold(), path)
        if first != path:
            said = f"与“{printable(first)}”只有大小写或编码形式不同，在有的系统上会互相覆盖。"
            yield Finding("bag.collision", printable(path), said)


def encoded(path: str) -> str:
    """Return a path as a manifest of version 1.0 writes it."""
    return path.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def decoded(path: str) -> str:
    """Return the path that a manifest means."""
    return re.sub(r"%(0[DdAa]|25)", lambda found: chr(int(found.group(1), 16)), path)
