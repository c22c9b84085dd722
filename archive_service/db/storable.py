"""Text on its way to PostgreSQL, which keeps no NUL and nothing that UTF-8 cannot write."""

from __future__ import annotations

from psycopg.adapt import Buffer
from psycopg.types.string import StrDumper


class StorableText(StrDumper):
    """Replaces NUL by a blank and lone surrogates by question marks.

    Whoever sends them, in a file, a form or an address, must get the answer of the archive and not one of the driver;
    SQLite takes a NUL as it is.
    """

    def dump(self, obj: str) -> Buffer | None:
        """Return the text in UTF-8."""
        return super().dump(storable(obj))


def storable(text: str) -> str:
    """Return the text as PostgreSQL keeps it."""
    return text.replace("\x00", " ").encode("utf-8", "replace").decode("utf-8")
