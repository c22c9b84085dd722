"""The editions of the catalogue: those of the package and those that a unit keeps beside its data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from importlib import resources
from pathlib import Path

from archive_service.catalogue import check
from archive_service.catalogue.build import edition_of, overlaid
from archive_service.catalogue.marked_yaml import Finding
from archive_service.catalogue.schema import Edition, EditionText, OverlayText
from archive_service.errors import Invalid


class BadCatalogue(Invalid):
    """An edition of the unit's own cannot be used; the fact `findings` says each line and reason."""


_own_folder: Path | None = None


def use_folder(folder: Path) -> None:
    """Let this process judge by the unit's own editions in `folder` (`*.yaml`) as well; said once, at its start."""
    global _own_folder
    _own_folder = folder


def own_folder() -> Path | None:
    """Return the folder of the unit's own editions that this process uses, none before `use_folder`."""
    return _own_folder


def editions(extra: Sequence[Path] = ()) -> tuple[Edition, ...]:
    """Return all editions, oldest first.

    `extra` are files of the unit's own, by default those in the folder that the process uses; one with the code of
    an edition of the package takes its place. Raises BadCatalogue if one of them has a finding.
    """
    own = extra or (sorted(_own_folder.glob("*.yaml")) if _own_folder else ())
    return _editions(tuple((path, *_version(path)) for path in own))


def current(today: date, extra: Sequence[Path] = ()) -> Edition:
    """Return the edition in force on `today`."""
    return edition_for(today, extra)


def edition_for(day: date | None, extra: Sequence[Path] = ()) -> Edition:
    """Return the edition by which a case accepted on `day` is judged.

    That is the one in force on that day, the earliest if none was yet, the latest if the day is not known.
    """
    known = editions(extra)
    if day is None:
        return known[-1]
    begun = [edition for edition in known if edition.effective_from <= day]
    return begun[-1] if begun else known[0]


def edition_by_code(code: str, extra: Sequence[Path] = ()) -> Edition | None:
    """Return the edition named `code`, or None."""
    return next((edition for edition in editions(extra) if edition.code == code), None)


def check_text(text: str) -> list[Finding]:
    """Return everything that is wrong in the text of an edition, by line; an empty list means it can be used."""
    return check.check_text(text, known=standard_texts())


@lru_cache(maxsize=1)
def standard_texts() -> tuple[EditionText, ...]:
    """Return the editions of the package as written, overlays made whole, oldest first."""
    folder = resources.files("archive_service.catalogue") / "standard"
    files = sorted((each for each in folder.iterdir() if each.name.endswith(".yaml")), key=lambda each: each.name)
    return _whole([(each.name, each.read_text(encoding="utf-8")) for each in files], known=())


@lru_cache(maxsize=8)
def _editions(extra: tuple[tuple[Path, int, int], ...]) -> tuple[Edition, ...]:
    files = [(path.name, path.read_text(encoding="utf-8", errors="replace")) for path, _, _ in extra]
    own = _whole(files, known=standard_texts())
    own_codes = {each.edition for each in own}
    texts = sorted(
        [each for each in standard_texts() if each.edition not in own_codes] + list(own),
        key=lambda each: each.effective_from,
    )
    clashes = check.overlaps(texts)
    if clashes:
        raise BadCatalogue("catalogue.overlap", clashes[0], findings=clashes)
    ends = [later.effective_from - timedelta(days=1) for later in texts[1:]]
    return tuple(
        edition_of(each, until=each.effective_until or end) for each, end in zip(texts, [*ends, None], strict=True)
    )


def _whole(files: Sequence[tuple[str, str]], *, known: Sequence[EditionText]) -> tuple[EditionText, ...]:
    """Read files in an order in which every overlay finds its base, and check each."""
    bases = {each.edition: each for each in known}
    done: list[EditionText] = []
    read = [(name, text, check.read(text)) for name, text in files]
    # An overlay may stand on another file of the same folder: editions that stand alone come first.
    for name, text, (written, found) in sorted(read, key=lambda each: isinstance(each[2][0], OverlayText)):
        found = found or check.references(written, text, bases=bases)
        if found or written is None:
            raise _bad(name, found)
        whole = written if isinstance(written, EditionText) else overlaid(bases[written.based_on], written)
        bases[whole.edition] = whole
        done.append(whole)
    return tuple(sorted(done, key=lambda each: each.effective_from))


def _bad(name: str, found: list[Finding]) -> BadCatalogue:
    first = found[0]
    message = f"资料目录文件“{name}”第 {first.line} 行：{first.message} 请改正后再试（共 {len(found)} 处问题）。"
    return BadCatalogue("catalogue.bad", message, findings=found, file=name)


def _version(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError as e:
        raise BadCatalogue("catalogue.unreadable", f"读不到资料目录文件“{path.name}”。请检查文件是否还在。") from e
    return stat.st_mtime_ns, stat.st_size
