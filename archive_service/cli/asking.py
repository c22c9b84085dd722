"""A person at the command line as the words of pages and papers see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from archive_service import clock
from archive_service.cli.services import Services
from archive_service.people.viewer import Viewer
from archive_service.web import i18n


@dataclass(frozen=True)
class Asking:
    """The person in whose name a command acts, and the language of what it writes."""

    services: Services
    viewer: Viewer
    language: str

    @property
    def now(self) -> datetime:
        """The moment of asking."""
        return clock.now()

    @property
    def today(self) -> date:
        """The date at the service centre."""
        return clock.today()

    def say(self, message: str, **facts: Any) -> str:
        """Return a message in that language."""
        return i18n.say(message, self.language, **facts)


def asking(services: Services, language: str | None) -> Asking:
    """Return who asks, in the language given or that of the settings."""
    with services.reading() as (_, viewer):
        return Asking(services, viewer, language or services.settings.language)
