"""Who is really asking, when a proxy stands in front: its word counts for address, scheme and login, nobody else's.

The outermost ring. The server's own handling of such headers is switched off, because it forgets who passed them on.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from archive_service import addresses, logs

#: Where the login for which a trusted proxy vouches lies in the scope of a request.
VOUCHED = "archive_service.vouched"
#: Set in the scope of a request that names a login without right; the guard refuses it.
FOREIGN = "archive_service.foreign"
_LONGEST = 80


class Behind:
    """Wrap an app so that it sees the caller behind a trusted proxy, and no word of anybody else."""

    def __init__(self, app: ASGIApp, *, proxies: str, header: str) -> None:
        """Trust the `proxies`, addresses or networks parted by commas; with `header` they name who is signed in.

        Raises ValueError when a network cannot be read.
        """
        self.app = app
        self.proxies = [one for one in proxies.split(",") if one.strip()]
        addresses.within("0.0.0.0", self.proxies)  # noqa: S104 - read once, so that a wrong setting stops the start
        self.header = header.strip().lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers, peer = Headers(scope=scope), (scope.get("client") or ("", 0))[0]
        trusted = addresses.within(peer, self.proxies)
        login = headers.getlist(self.header) if self.header else []
        if login and not trusted:
            logs.get("web").warning("a login was named by somebody who is no trusted proxy", address=peer)
            scope = {**scope, FOREIGN: True}
        if trusted:
            scope = {**scope, **self._told(headers, scope)}
            if len(login) == 1 and 0 < len(login[0]) <= _LONGEST:
                scope[VOUCHED] = login[0].strip()
        await self.app(scope, receive, send)

    def _told(self, headers: Headers, scope: Scope) -> dict[str, object]:
        """Return what the proxy says of the caller: address and scheme."""
        told: dict[str, object] = {}
        hops = [one.strip() for line in headers.getlist("x-forwarded-for") for one in line.split(",") if one.strip()]
        # From the right: everything left of the first address that is no proxy of ours anybody could have written.
        caller = next((one for one in reversed(hops) if not addresses.within(one, self.proxies)), None)
        if caller is not None:
            told["client"] = (caller[:64], 0)
        scheme = headers.get("x-forwarded-proto", "").strip().lower()
        if scheme in ("http", "https"):
            told["scheme"] = scheme
        return told
