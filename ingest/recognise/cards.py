"""Identity cards: which side of one a page shows; cards bear no title of their own on the front."""

from __future__ import annotations

from dataclasses import dataclass

from rapidfuzz import fuzz

from ingest.recognise.pages import Page
from ingest.recognise.phrases import Phrases

#: A copy of a card holds little else; a form that asks for the same things holds more.
_MOST_LINES = 26
_NUMBER_LABEL = "公民身份号码"


@dataclass(frozen=True)
class CardSides:
    """The sides of identity cards that a page shows."""

    front: bool
    back: bool

    @property
    def any(self) -> bool:
        """Say whether the page shows a card at all."""
        return self.front or self.back


def sides(page: Page, phrases: Phrases) -> CardSides:
    """Return the sides of an identity card that `page` shows."""
    if len(page.lines) > _MOST_LINES:
        return CardSides(False, False)
    text = page.joined
    number = _NUMBER_LABEL in text or fuzz.partial_ratio(_NUMBER_LABEL, text) >= 80
    front = number and sum(word in text for word in phrases.card_front) >= 3
    marks = sum(word in text or fuzz.partial_ratio(word, text) >= 75 for word in phrases.card_back)
    back = ("签发机关" in text and marks >= 2) or marks >= 3
    return CardSides(front, back)
