"""An archive in use whose processes are killed at random: clients, a service manager, and what kills."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from archive_service.db.session import Database
from archive_service.jobs.tables import Job
from ingest import states
from ingest.tables import Scan
from tests.support.paper_heap import Upload
from tests.support.processes import Tree, kill

CLIENTS = 4
#: Seconds in which everything must be finished after the last kill.
AFTER_S = 300.0
#: Far above what any part of an ordeal takes; only a standstill reaches it.
STANDSTILL_S = 240.0
#: Looks for processes of one kind, at a moment.
Victims = Callable[[Tree], Sequence[int]]


class Kept(Protocol):
    """Something that the service manager keeps running."""

    def keep_up(self) -> None:
        """Start it when it does not run."""


@dataclass(frozen=True)
class Acknowledged:
    """An upload that got a good answer, and the answer."""

    upload: Upload
    answer: Mapping[str, Any]


@dataclass
class Ordeal:
    """Hands in all uploads while processes are killed, and waits until everything is finished."""

    address: str
    token: str
    database: Database
    uploads: Sequence[Upload]
    kept: Sequence[Kept]
    #: What is killed, by kind, with how often compared with the others.
    victims: Mapping[str, tuple[int, Victims]]
    chance: random.Random
    ledger: list[Acknowledged] = field(default_factory=list)
    killed: Counter[str] = field(default_factory=Counter)
    tries: int = 0
    _over: threading.Event = field(default_factory=threading.Event)
    _done: int = 0

    def run(self, *, kills: int) -> float:
        """Return how many seconds after the last kill everything was finished."""
        with self._managed(), ThreadPoolExecutor(CLIENTS) as clients:
            try:
                handed_in = [clients.submit(self._hand_in, mine) for mine in self._shares()]
                self._kill(kills, handed_in)
                return self._rest(handed_in)
            finally:
                self._over.set()

    def _shares(self) -> Iterator[list[Upload]]:
        """Part the uploads among the clients; repeats follow their firsts or overtake them, as it happens."""
        return (list(self.uploads[n::CLIENTS]) for n in range(CLIENTS))

    def _hand_in(self, mine: Sequence[Upload]) -> None:
        with httpx.Client(
            base_url=self.address, headers={"Authorization": f"Bearer {self.token}"}, timeout=30
        ) as client:
            for upload in mine:
                self._until_acknowledged(client, upload)

    def _until_acknowledged(self, client: httpx.Client, upload: Upload) -> None:
        """Send a file again and again until the archive says that it has it."""
        while not self._over.is_set():
            self.tries += 1
            try:
                answer = client.post("/api/v1/scans", files={"file": (upload.name, upload.data)})
            except httpx.TransportError:
                time.sleep(0.2)
                continue
            if answer.status_code == 201:
                self.ledger.append(Acknowledged(upload, answer.json()))
                return
            assert answer.status_code >= 500, f"{answer.status_code} {answer.text}"
            time.sleep(0.2)

    @contextmanager
    def _managed(self) -> Iterator[None]:
        def keep_up() -> None:
            while not self._over.wait(0.1):
                for one in self.kept:
                    one.keep_up()

        manager = threading.Thread(target=keep_up)
        manager.start()
        try:
            yield
        finally:
            self._over.set()
            manager.join()

    def _kill(self, kills: int, handed_in: Sequence[Future[None]]) -> None:
        """Kill when so many uploads are acknowledged and so many jobs done, at moments spread over all of them."""
        whole = len(self.uploads) + sum(one.jobs for one in self.uploads)
        moments = sorted(self.chance.randrange(whole * 19 // 20) for _ in range(kills))
        kinds = self.chance.choices(list(self.victims), [weight for weight, _ in self.victims.values()], k=kills)
        moved_at, last = time.monotonic(), -1
        while moments:
            self._complain(handed_in)
            progress = len(self.ledger) + self._jobs_done()
            if progress != last:
                moved_at, last = time.monotonic(), progress
            assert time.monotonic() - moved_at < STANDSTILL_S, f"nothing moves any more: {progress}, {self.killed}"
            if progress >= moments[0] and not self._near_its_last_try() and self._kill_one(kinds):
                moments.pop(0)
            time.sleep(0.1)

    def _kill_one(self, kinds: list[str]) -> bool:
        """Kill a process of the next kind, or of another while there is none of it: what is idle has no children."""
        tree = Tree.now()
        for kind in dict.fromkeys((*reversed(kinds), *self.victims)):
            found = self.victims[kind][1](tree)
            if found and kill(self.chance.choice(sorted(found))):
                kinds.remove(kind if kind in kinds else kinds[-1])
                self.killed[kind] += 1
                return True
        return False

    def _near_its_last_try(self) -> bool:
        """Say whether a file is tried for the last time or soon; three deaths on one file set it aside by rule."""
        tried = select(Job.id).where(Job.state.in_(("queued", "running")), Job.attempt >= Job.max_attempts - 1)
        return self._asked(lambda session: session.scalar(tried.limit(1))) is not None

    def _jobs_done(self) -> int:
        found = self._asked(lambda session: session.scalar(select(func.count()).where(Job.state == "done")))
        self._done = self._done if found is None else int(found)
        return self._done

    def _rest(self, handed_in: Sequence[Future[None]]) -> float:
        """Wait until nothing is under way any more."""
        began = time.monotonic()
        moving = select(func.count()).select_from(Scan).where(Scan.state.not_in(states.FINAL))
        jobs = select(func.count()).select_from(Job).where(Job.state.in_(("queued", "running")))
        while True:
            self._complain(handed_in)
            left = self._asked(lambda session: session.scalar(moving) + session.scalar(jobs))
            if all(one.done() for one in handed_in) and left == 0:
                return time.monotonic() - began
            assert time.monotonic() - began < AFTER_S, f"{left} are still under way after {AFTER_S} s"
            time.sleep(0.2)

    def _asked(self, ask: Callable[[Any], Any]) -> Any:
        try:
            with self.database.reading() as session:
                return ask(session)
        except SQLAlchemyError:
            # The database itself is among those that are killed.
            return None

    @staticmethod
    def _complain(handed_in: Sequence[Future[None]]) -> None:
        for one in handed_in:
            if one.done():
                one.result()
