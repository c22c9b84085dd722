"""That somebody is at the screen in person: what approves or witnesses a disposal asks for password and code again."""

from __future__ import annotations

from archive_service.errors import NotPermitted
from archive_service.people import sign_in
from archive_service.web.visit import Visit, limits_of, place_of


def confirm(visit: Visit, *, password: str, code: str) -> None:
    """See that the person who is signed in is there: their password, and the code where a second factor is set up.

    A program with a token is nobody in person. Raises NotPermitted for it, Wait without trying, Refused or CodeRefused
    after counting the failure.
    """
    if visit.by_token:
        raise NotPermitted(
            "token.in-person", "审批和监销要由本人登录后办理，令牌不能代办，没有改动。请本人登录网页，输入密码办理。"
        )
    assert visit.viewer.person_id is not None
    sign_in.confirm_presence(
        visit.services.database,
        person_id=visit.viewer.person_id,
        password=password,
        code=code,
        now=visit.now,
        limits=limits_of(visit.request),
        hasher=visit.services.hasher,
        place=place_of(visit.request),
    )
