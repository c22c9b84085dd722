"""`keys`: the keys of encrypted objects: which there are, a new one, and old ones that open nothing any more."""

from __future__ import annotations

import click

from archive_service import clock
from archive_service.audit.record import record
from archive_service.cli import output
from archive_service.cli.services import Services
from archive_service.errors import Refused
from archive_service.people.roles import Right
from archive_service.storage.choose import open_second
from archive_service.storage.encrypted import EncryptedStore, drop_old, rotate, use_of_keys


@click.group()
def keys() -> None:
    """Look after the keys of encrypted objects."""


@keys.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def status(services: Services, as_json: bool) -> None:
    """Say which keys there are and how many objects each one opens."""
    _require(services)
    uses = use_of_keys(_encrypted(services))
    if as_json:
        output.emit({"keys": uses})
    else:
        rows = [(u.id, f"{u.made_at:%Y-%m-%d %H:%M}", "使用中" if u.current else "旧", str(u.objects)) for u in uses]
        output.table(("密钥", "启用时间 (UTC)", "状态", "对象数"), rows)


@keys.command("rotate")
@click.pass_obj
def rotate_keys(services: Services) -> None:
    """Put a new key in use and wrap the key of every object with it; stopped half way, call it again."""
    _require(services)
    stores = _encrypted(services)
    # Before anything is done, so that a rotation that is stopped half way is on record too.
    _record(services, "keys.rotation-begun", {"key": stores[0].ring.current().id})
    count = rotate(stores, now=clock.now())
    _record(services, "keys.rotated", {"key": stores[0].ring.current().id, "objects": count})
    output.say(f"已换用新密钥，重新封装了 {count} 个对象的密钥；对象本身没有改写。")


@keys.command("drop-old")
@click.pass_obj
def drop(services: Services) -> None:
    """Forget keys that open nothing any more; at the earliest a day after the newest key was made."""
    _require(services)
    stores = _encrypted(services)
    _record(services, "keys.drop-begun", {"key": stores[0].ring.current().id})
    count = drop_old(stores, now=clock.now())
    _record(services, "keys.dropped", {"keys": count})
    output.say(f"已删除 {count} 个不再使用的旧密钥。")


def _require(services: Services) -> None:
    with services.reading() as (_, viewer):
        viewer.require(Right.SYSTEM_HEALTH)


def _record(services: Services, did: str, facts: dict[str, object]) -> None:
    with services.writing() as (session, viewer):
        record(
            session,
            by=viewer.actor,
            did=did,
            object_kind="store",
            object_id="keys",
            unit_id=None,
            facts=facts,
            now=clock.now(),
        )


def _encrypted(services: Services) -> list[EncryptedStore]:
    stores = [one for one in (services.store, open_second(services.settings)) if isinstance(one, EncryptedStore)]
    if not stores:
        raise Refused("key.not-encrypted", "本档案库没有启用加密存储。请先设置 ARCHIVE_ENCRYPTION_KEY_FILE。")
    return stores
