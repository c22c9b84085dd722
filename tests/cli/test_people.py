"""Accounts, rights and sign-ins by the command line, as the pages offer them."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from tests.support.archive import ACCOUNT, Archive


def test_people_are_kept_by_the_command_line(tmp_path: Path) -> None:
    """Granted for a time, explained, revoked, closed; a token with scopes is listed and ended."""
    archive = Archive(tmp_path / "home")
    archive.home.mkdir()
    archive.prepare()
    assert archive.run("people", "add", "li.si", "李四", "--unit", "ROOT").code == 0
    why = archive.run("people", "why", "li.si", "--account", ACCOUNT, "--json")
    assert (why.code, [step["rule"] for step in why.json["steps"] if not step["holds"]]) == (
        3,
        ["password", "role", "unit"],
    )
    last = (date.today() + timedelta(days=30)).isoformat()  # noqa: DTZ011 - any day of next month will do
    assert archive.run("people", "grant", "li.si", "staff", "--unit", "ROOT", "--to", last).code == 0
    assert archive.run("people", "grant", "li.si", "staff", "--unit", "ROOT", "--to", "soon").code == 2
    [person] = [row for row in archive.run("people", "list", "--json").rows if row["login"] == "li.si"]
    assert [(grant["role"], grant["ends_on"]) for grant in person["grants"]] == [("staff", last)]
    assert archive.run("people", "issue-token", "li.si", "--label", "核对", "--scope", "read", "--json").code == 0
    [token] = archive.run("people", "sign-ins", "li.si", "--json").rows
    assert (token["kind"], token["label"], token["scopes"]) == ("token", "核对", ["read"])
    assert archive.run("people", "end-token", str(token["id"])).code == 0
    assert archive.run("people", "sign-ins", "li.si", "--json").rows == []
    assert archive.run("people", "revoke", "li.si", "staff", "--unit", "ROOT").code == 0
    assert archive.run("people", "close", "li.si").code == 0
    assert archive.run("people", "unlock", "nobody").code == 4
    assert archive.run("verify").code == 0
