"""Nudges are a courtesy: without them, and with a broker that is away, everything still goes its way."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from archive_service.errors import Unavailable
from archive_service.jobs import nudge
from archive_service.settings import Settings


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.mark.parametrize("kind", ["redis", "amqp"])
def test_a_broker_that_is_away_keeps_nobody_at_the_door(
    kind: str, closed_port: int, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The nudge gives up, and the next ones are not even tried for a while."""
    monkeypatch.setattr(nudge, "_quiet_until", 0.0)
    behind = settings.model_copy(update={"broker_url": f"{kind}://127.0.0.1:{closed_port}/0"})
    nudge.nudge(behind)
    first = nudge._quiet_until
    assert first > 0
    nudge.nudge(behind)
    assert nudge._quiet_until == first
    with pytest.raises(Unavailable) as caught:
        nudge.probe(behind)
    assert caught.value.code == "broker.unavailable"


def test_without_a_broker_nothing_is_sent(settings: Settings) -> None:
    """The embedded workers look at the rows by themselves."""
    before = nudge._make_app.cache_info()
    nudge.nudge(settings)
    assert nudge._make_app.cache_info() == before, "no application was made to send with"


#: A fresh program in which a second thread asks for the application while the first is in the middle of loading Celery.
_TWO_AT_ONCE = """
import sys, threading
from archive_service.jobs import nudge
from archive_service.settings import Settings

class Slow:
    def find_spec(self, name, path, target=None):
        if name == "celery.local":
            second.start()
            second.join(1)

def ask():
    try:
        nudge.make_app(settings)
    except ImportError as error:
        wrong.append(error)

settings, wrong = Settings(_env_file=None, broker_url="amqp://127.0.0.1:1//"), []
second = threading.Thread(target=ask)
sys.meta_path.insert(0, Slow())
ask()
second.join()
sys.exit(str(wrong) if wrong else 0)
"""


def test_two_files_that_come_in_at_once_both_find_celery_loaded() -> None:
    said = subprocess.run(
        [sys.executable, "-c", _TWO_AT_ONCE], capture_output=True, text=True, check=False, timeout=120
    )
    assert said.returncode == 0, said.stderr
