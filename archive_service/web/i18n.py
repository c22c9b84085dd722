"""Chinese pages, and English ones from the message catalogue: the Chinese sentence is the message id."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from babel.messages.pofile import read_po

Language = Literal["zh", "en"]
LOCALE = Path(__file__).parent / "locale"


def N_(message: str) -> str:  # noqa: N802 - the name that extraction tools look for
    """Mark `message` for the catalogue where it is written down, to be translated where it is shown."""
    return message


@lru_cache(maxsize=1)
def english() -> dict[str, str]:
    """Return the English catalogue: Chinese message -> English text. Read from the .po file, no compiling step."""
    with (LOCALE / "en.po").open("rb") as file:
        catalogue = read_po(file, locale="en")
    return {str(m.id): str(m.string) for m in catalogue if m.id and m.string}


def translate(message: str, language: str) -> str:
    """Return `message` in `language`; a message the catalogue lacks stays Chinese rather than vanish."""
    return english().get(message, message) if language == "en" else message


def say(message: str, language: str, **facts: Any) -> str:
    """Return `message` in `language` with `%(name)s` places filled from `facts`."""
    return translate(message, language) % facts if facts else translate(message, language)


def sentence(code: str | None, message: str | None, language: str) -> str:
    """Return what an error says: its Chinese sentence, or the English one that the catalogue has for its code.

    Sentences carry facts and change with them; the code is what stays.
    """
    if language == "en" and code in english():
        return english()[code]
    return translate(message or "", language)


def say_in(language: str, message: str, **facts: Any) -> str:
    """Do what `say` does, with the language first: what templates call `_`."""
    return say(message, language, **facts)


def known(language: str | None) -> Language | None:
    """Return `language` if pages exist in it."""
    return language if language in ("zh", "en") else None  # type: ignore[return-value]
