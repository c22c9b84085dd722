"""The style page: every state and component once, for whoever changes a template."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from archive_service.web.visit import SignedIn

router = APIRouter()


@router.get("/style")
def show_style(visit: SignedIn) -> Response:
    """Show all states and components."""
    return visit.page("style/page.html")
