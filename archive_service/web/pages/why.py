"""Why somebody can or cannot see something: for who grants rights, without showing what it is."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from archive_service.errors import ArchiveError, NotFound
from archive_service.households.queries import whereabouts
from archive_service.people import queries
from archive_service.people.explain import Answer, explain
from archive_service.people.roles import Right
from archive_service.web import words
from archive_service.web.i18n import N_
from archive_service.web.visit import SignedIn, Visit, limits_of, whole_number

router = APIRouter()

KINDS = {
    "household": N_("户档案（填户号）"),
    "item": N_("资料（填资料编号）"),
    "image": N_("资料的影像（填资料编号）"),
}
#: The rules in words: what is asked, and what to do when it does not hold.
RULES = {
    "account": (N_("账号在用"), N_("账号已停用。由系统管理员重新启用。")),
    "password": (N_("本人已换掉初始密码"), N_("密码还是别人给的。本人登录后换成自己的密码即可。")),
    "second-factor": (N_("角色要求的动态验证码已设置"), N_("角色要求动态验证码，本人还没有设置。登录后按提示设置。")),
    "administrators": (N_("三员分立，没有兼任"), N_("兼有两种管理员角色，两者都不生效。撤销其中一个。")),
    "role": (N_("现有角色包含所需权限"), N_("没有包含所需权限、今天生效的角色。按工作需要授予角色。")),
    "unit": (N_("授权单位覆盖对象所在单位"), N_("角色只在别的单位有效。在对象所在单位或其上级单位授予。")),
}


@router.get("/people/why")
def show_why(visit: SignedIn) -> Response:
    """Explain whether a person can see a thing, rule by rule."""
    visit.viewer.require(Right.ROLES_GRANT)
    asked = {name: visit.request.query_params.get(name, "").strip()[:80] for name in ("login", "kind", "object")}
    answer: Answer | None = None
    error: ArchiveError | None = None
    right = Right.RECORD_READ
    if asked["login"] and asked["object"]:
        try:
            answer, right = answer_of(visit, asked)
        except NotFound as refused:
            error = refused
    return visit.page(
        "people/why.html",
        refusal=error,
        asked=asked,
        kinds=KINDS,
        rules=RULES,
        answer=answer,
        right=words.RIGHT[right],
    )


def answer_of(visit: Visit, asked: dict[str, str]) -> tuple[Answer, Right]:
    """Return why `login` can or cannot see the `object` of a `kind`, and by which right. Raises NotFound."""
    with visit.services.database.reading() as session:
        person_id = queries.person_id_of(session, visit.viewer, asked["login"])
        place = _place(session, asked)
        if place is None:
            raise NotFound("explain.not-found", N_("没有这个对象，或者它不在您管理的单位。请核对编号。"))
        guarded = asked["kind"] == "image" and place.sensitivity in words.GUARDED
        right = Right.RECORD_READ_PERSONAL if guarded else Right.RECORD_READ
        answer = explain(
            session,
            by=visit.viewer,
            person_id=person_id,
            right=right,
            unit_id=place.unit_id,
            now=visit.now,
            second_factor_roles=limits_of(visit.request).second_factor_roles,
        )
    return answer, right


def _place(session: Any, asked: dict[str, str]) -> whereabouts.Whereabouts | None:
    if asked["kind"] in ("item", "image"):
        number = whole_number(asked["object"])
        return None if number is None else whereabouts.of_item(session, number)
    return whereabouts.of_household(session, asked["object"])
