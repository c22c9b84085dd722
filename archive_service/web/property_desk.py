"""What the pages and the interface check the four properties with."""

from __future__ import annotations

from archive_service import clock
from archive_service.properties.gather import Outside
from archive_service.properties.work import Desk
from archive_service.web.services import Services
from ingest.property_facts import scans_of
from ingest.scanner import Scanner
from retention.queries import outcomes_of


def desk(services: Services) -> Desk:
    """Return the desk of this process."""
    settings = services.settings
    return Desk(
        services.database,
        services.store,
        settings.home,
        Outside(scans_of, outcomes_of),
        Scanner.of(settings),
        clock.now,
        clock.today,
    )
