"""How far stored objects are read back, how old the checks are, and what failed."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from archive_service.fixity import queries, write_once
from archive_service.web.visit import SignedIn
from retention import paper_locks, paper_rules

router = APIRouter()


@router.get("/fixity")
def show(visit: SignedIn) -> Response:
    """Show how the checks stand."""
    with visit.services.database.reading() as session:
        found = queries.status(session, visit.viewer)
        stores = write_once.seen_by(session, visit.viewer, now=visit.now)
        unlocked = write_once.unlocked(session, visit.viewer)
        rules = paper_rules.load(visit.services.settings.paper_rules_file)
        papers = paper_locks.standing(session, visit.viewer, rules, now=visit.now)
    second = bool(visit.services.settings.second_store)
    locks = any(one.state == "enforced" for one in stores)
    return visit.page(
        "fixity/status.html", found=found, second=second, stores=stores, unlocked=unlocked, papers=papers, locks=locks
    )
