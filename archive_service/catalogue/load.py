"""The editions of the catalogue: those of the package and those that a unit keeps beside its data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Editions:
    """All editions, each list oldest first: those for all, and the local additions of units."""

    central: tuple[Edition, ...]
    local: tuple[Edition, ...] = ()

    def for_case(self, day: date | None, units: Sequence[str] = ()) -> Edition:
        """Return the edition by which a case accepted on `day` is judged.

        That is the one in force on that day, the earliest if none was yet, the latest if the day is not known. Local
        additions count for `units`, the codes of the case's unit and of those above it, nearest first: the newest of
        the nearest unit that stands on the edition of that day and is in force.
        """
        begun = self.central if day is None else [each for each in self.central if each.effective_from <= day]
        base = begun[-1] if begun else self.central[0]
        for unit in units if self.local else ():
            found = [each for each in self.local if each.for_unit == unit and _stands(each, base, day)]
            if found:
                return found[-1]
        return base

    @property
    def every(self) -> tuple[Edition, ...]:
        """Return them in one list."""
        return (*self.central, *self.local)


def _stands(local: Edition, base: Edition, day: date | None) -> bool:
    if local.stands_on != base.code:
        return False
    if day is None:
        return local.effective_until is None
    return local.effective_from <= day <= (local.effective_until or date.max)


def known(extra: Sequence[Path] = ()) -> Editions:
    """Return all editions with the local additions of units; see `editions` for `extra`."""
    own = extra or (sorted(_own_folder.glob("*.yaml")) if _own_folder else ())
    return _known(tuple((path, *_version(path)) for path in own))


def editions(extra: Sequence[Path] = ()) -> tuple[Edition, ...]:
    """Return all editions for all units, oldest first.

    `extra` are files of the unit's own, by default those in the folder that the process uses; one with the code of
    an edition of the package takes its place. Raises BadCatalogue if one of them has a finding.
    """
    return known(extra).central


def current(today: date, extra: Sequence[Path] = ()) -> Edition:
    """Return the edition in force on `today`."""
    return edition_for(today, extra)


def edition_for(day: date | None, extra: Sequence[Path] = (), units: Sequence[str] = ()) -> Edition:
    """Return the edition by which a case accepted on `day` in one of `units` is judged; see `Editions.for_case`."""
    return known(extra).for_case(day, units)


def edition_by_code(code: str, extra: Sequence[Path] = ()) -> Edition | None:
    """Return the edition named `code`, or None."""
    return next((edition for edition in known(extra).every if edition.code == code), None)


def check_text(text: str, *, among: Sequence[EditionText] | None = None) -> list[Finding]:
    """Return everything that is wrong in the text of an edition, by line; an empty list means it can be used.

    `among` are the other editions as written, by default those of the package.
    """
    return check.check_text(text, known=standard_texts() if among is None else among)


def texts(extra: Sequence[Path] = (), *, without: str = "") -> tuple[EditionText, ...]:
    """Return all editions as written, overlays made whole, but for the one with the code `without`."""
    own = extra or (sorted(_own_folder.glob("*.yaml")) if _own_folder else ())
    return tuple(each for each in _texts(tuple((path, *_version(path)) for path in own)) if each.edition != without)


def with_text(text: str, *, among: Sequence[EditionText]) -> Editions:
    """Return the editions `among` others with one more, as if it were in force. Raises BadCatalogue if it is wrong."""
    made = whole(text, among=among)
    return of_texts([*(each for each in among if each.edition != made.edition), made])


def whole(text: str, *, among: Sequence[EditionText]) -> EditionText:
    """Return the edition that `text` writes, made whole. Raises BadCatalogue if it is wrong or clashes."""
    found = check.check_text(text, known=among)
    written, _ = check.read(text)
    if found or written is None:
        raise _bad("", found)
    bases = {each.edition: each for each in among}
    return written if isinstance(written, EditionText) else overlaid(bases[written.based_on], written)


def of_texts(written: Sequence[EditionText]) -> Editions:
    """Return editions ready for use. Raises BadCatalogue where two are in force on one day."""
    ordered = sorted(written, key=lambda each: each.effective_from)
    clashes = check.overlaps(ordered)
    if clashes:
        raise BadCatalogue("catalogue.overlap", clashes[0], findings=clashes)
    groups: dict[str | None, list[EditionText]] = {None: []}
    for each in ordered:
        groups.setdefault(each.for_unit, []).append(each)
    made = {unit: _in_turn(some) for unit, some in groups.items()}
    local = [each for unit, some in made.items() if unit is not None for each in some]
    return Editions(made[None], tuple(sorted(local, key=lambda each: each.effective_from)))


def _in_turn(written: Sequence[EditionText]) -> tuple[Edition, ...]:
    """Return editions of which each ends when the next begins."""
    ends = [later.effective_from - timedelta(days=1) for later in written[1:]]
    return tuple(
        edition_of(each, until=each.effective_until or end) for each, end in zip(written, [*ends, None], strict=True)
    )


@lru_cache(maxsize=1)
def standard_texts() -> tuple[EditionText, ...]:
    """Return the editions of the package as written, overlays made whole, oldest first."""
    folder = resources.files("archive_service.catalogue") / "standard"
    files = sorted((each for each in folder.iterdir() if each.name.endswith(".yaml")), key=lambda each: each.name)
    return _whole([(each.name, each.read_text(encoding="utf-8")) for each in files], known=())


@lru_cache(maxsize=8)
def _known(extra: tuple[tuple[Path, int, int], ...]) -> Editions:
    return of_texts(_texts(extra))


@lru_cache(maxsize=8)
def _texts(extra: tuple[tuple[Path, int, int], ...]) -> tuple[EditionText, ...]:
    files = [(path.name, path.read_text(encoding="utf-8", errors="replace")) for path, _, _ in extra]
    own = _whole(files, known=standard_texts())
    own_codes = {each.edition for each in own}
    return (*(each for each in standard_texts() if each.edition not in own_codes), *own)


def _whole(files: Sequence[tuple[str, str]], *, known: Sequence[EditionText]) -> tuple[EditionText, ...]:
    """Read files in an order in which every overlay finds its base, and check each."""
    bases = {each.edition: each for each in known}
    done: list[EditionText] = []
    read = [(name, text, check.read(text)) for name, text in files]
    # An overlay may stand on another file of the same folder, itself perhaps an overlay: bases come first.
    while read:
        ready = [each for each in read if _base_of(each[2][0]) in {"", *bases}] or read
        for name, text, (written, found) in sorted(ready, key=lambda each: isinstance(each[2][0], OverlayText)):
            found = found or check.references(written, text, bases=bases)
            if found or written is None:
                raise _bad(name, found)
            made = written if isinstance(written, EditionText) else overlaid(bases[written.based_on], written)
            bases[made.edition] = made
            done.append(made)
        read = [each for each in read if each not in ready]
    return tuple(sorted(done, key=lambda each: each.effective_from))


def _base_of(written: EditionText | OverlayText | None) -> str:
    return written.based_on if isinstance(written, OverlayText) else ""


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
