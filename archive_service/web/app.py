"""The web application: guard, static files, pages and the JSON interface put together."""

from __future__ import annotations

from functools import cache

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import FileResponse, Response
from starlette.routing import BaseRoute
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from archive_service import __version__
from archive_service.people.sessions import Limits
from archive_service.web import assets, errors, metrics, sign_on
from archive_service.web.api import router as api
from archive_service.web.door import Door, wrong_codes
from archive_service.web.figures import Figures
from archive_service.web.guard import Guard
from archive_service.web.pages import routers
from archive_service.web.proxy import Behind
from archive_service.web.readiness import Readiness
from archive_service.web.reading import Readings, Tracing
from archive_service.web.services import Services


class Kept(StaticFiles):
    """Static files that a browser may keep for good, because their address changes with them."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return the file with leave to keep it."""
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def create_app(services: Services) -> FastAPI:
    """Return the application that serves `services`."""
    app = FastAPI(title="archive-service", version=__version__, openapi_url=None, docs_url=None, redoc_url=None)
    app.state.services = services
    app.state.metrics = metrics.Metrics(Figures(services))
    app.state.sign_on = sign_on.begin(services.settings)
    app.state.readiness = Readiness.of(services)
    app.state.door = Door(
        failures=services.settings.sign_in_address_attempts, minutes=services.settings.sign_in_lock_minutes
    )
    app.state.copy_door = Door(
        failures=services.settings.sign_in_address_attempts,
        minutes=services.settings.sign_in_lock_minutes,
        refusal=wrong_codes,
    )
    app.state.readings = Readings()
    # Read once here, so that a setting that cannot be meant is an error of the start and not of the first sign-in.
    app.state.limits = Limits.of(services.settings)
    errors.install(app)
    app.mount(f"/static/{assets.version()}", Kept(directory=assets.STATIC), name="static")
    app.add_api_route("/favicon.ico", favicon, include_in_schema=False)
    app.router.routes.extend(_routes())
    app.add_middleware(Tracing)
    app.add_middleware(
        Guard,
        answer=errors.by_code,
        max_upload_bytes=services.settings.max_upload_bytes,
        tls=services.settings.cookie_secure,
        requests_a_minute=services.settings.requests_a_minute,
    )
    # Outside of the guard, so that what the guard refuses is counted as well.
    app.add_middleware(metrics.Counting, metrics=app.state.metrics)
    app.add_middleware(
        Behind,
        proxies=services.settings.trusted_proxies,
        header=services.settings.sign_on_header,
    )
    return app


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """Return the pages and the interface. Put together once: they hold nothing, and apps of a process share them."""
    whole = APIRouter()
    for router in routers():
        whole.include_router(router, include_in_schema=False)
    whole.include_router(api())
    return tuple(whole.routes)


def favicon(_request: Request) -> Response:
    """Return the mark of the program."""
    return FileResponse(assets.STATIC / "favicon.svg", media_type="image/svg+xml")
