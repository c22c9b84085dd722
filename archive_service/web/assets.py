"""Static files under an address that changes with their content, so that browsers may keep them for good."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

STATIC = Path(__file__).parent / "static"


@lru_cache(maxsize=1)
def version() -> str:
    """Return twelve digits that stand for the content of all static files."""
    whole = hashlib.sha256()
    for path in sorted(p for p in STATIC.rglob("*") if p.is_file()):
        whole.update(path.relative_to(STATIC).as_posix().encode())
        whole.update(path.read_bytes())
    return whole.hexdigest()[:12]


def address(name: str) -> str:
    """Return the address of the static file `name`.

    The version stands in the path: a query string after the file name breaks `<use href>` into the sprite.
    """
    return f"/static/{version()}/{name}"
