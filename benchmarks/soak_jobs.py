"""What runs beside the users of the soak: intake files, releases, and the jobs of a night.

Each third of the soak has the same jobs, so that the last can be held against the first.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import Request, urlopen
from uuid import uuid4

from benchmarks.proxy import Worker
from tests.running_postgres import find_binary
from training.record import ROOT

THIRDS = 3
FILES_PER_THIRD = 4
RELEASES_PER_THIRD = 2
MOST_FOLLOW_SECONDS = 60.0
# as docs/beheer.md says of jobs on the machine that serves: who waits for a page goes first
AFTER_USERS = ("nice", "-n", "10")
MOST_UPLOAD_SECONDS = 300.0


@dataclass(frozen=True)
class Done:
    """One job: when it began, how long it took, and whether it ended as it should."""

    name: str
    minute: float
    seconds: float
    is_right: bool
    said: str = ""
    rows: int = 0  # that it confirmed to be kept


@dataclass(frozen=True)
class Job:
    """What is to be done at which part of the soak; `do` returns what was wrong, or nothing."""

    name: str
    part: float
    do: Callable[[], str]
    rows: int = 0  # of the file that it brings


@dataclass
class Jobs:
    """What was done so far."""

    done: list[Done] = field(default_factory=list)

    def run(self, lane: Sequence[Job], seconds: float, began: float, over: threading.Event) -> None:
        """Do jobs one after the other, each when its time has come."""
        for job in lane:
            if over.wait(max(0, began + job.part * seconds - time.monotonic())):
                return
            at = time.monotonic()
            try:
                wrong = job.do()
            except (OSError, ValueError) as error:
                wrong = f"{type(error).__name__}: {error}"
            took = time.monotonic() - at
            rows = 0 if wrong else job.rows
            self.done.append(Done(job.name, (at - began) / 60, took, not wrong, wrong, rows))


@contextmanager
def run_jobs(lanes: Sequence[Sequence[Job]], seconds: float) -> Iterator[Jobs]:
    """Do what is planned, each lane beside the others; at the end what runs may finish."""
    jobs, over, began = Jobs(), threading.Event(), time.monotonic()
    threads = [threading.Thread(target=jobs.run, args=(ln, seconds, began, over)) for ln in lanes]
    for thread in threads:
        thread.start()
    try:
        yield jobs
    finally:
        over.set()
        for thread in threads:
            thread.join()


def spread(jobs: Sequence[tuple[str, Callable[[], str]]], first: float) -> list[Job]:
    """Return jobs at even distances over one third, beginning at a part of that distance."""
    step = 1 / THIRDS / len(jobs)
    return [Job(name, (place + first) * step, do) for place, (name, do) in enumerate(jobs)]


def repeat(third: Sequence[Job]) -> list[Job]:
    """Return the jobs of a third for each of the thirds."""
    return [
        Job(job.name, job.part + turn / THIRDS, job.do) for turn in range(THIRDS) for job in third
    ]


@dataclass(frozen=True)
class Office:
    """Where commands run: their settings, a folder, and the workers that users have."""

    environment: Mapping[str, str]
    folder: Path
    workers: Sequence[Worker]
    fund: str
    authorization: str

    def run(self, *words: str, allowed: Sequence[int] = (0,)) -> str:
        """Run a command of Kantelpunt; return what was wrong."""
        return self.call([sys.executable, "-m", "kantelpunt", *words], {}, allowed)

    def call(
        self, command: Sequence[str], more: Mapping[str, str], allowed: Sequence[int] = (0,)
    ) -> str:
        """Run a program; return what was wrong."""
        done = subprocess.run(
            [*AFTER_USERS, *command],
            cwd=ROOT,
            env={**self.environment, **more},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        said = done.stderr.strip().splitlines()[-1:] or [""]
        return "" if done.returncode in allowed else f"exit code {done.returncode}: {said[0]}"

    def new(self, name: str) -> Path:
        """Return a path that nothing has yet."""
        return self.folder / f"{name}-{uuid4().hex[:8]}"

    def monitor(self) -> str:
        """Watch the model, as a nightly job does; an alarm (3) is something that it found."""
        return self.run("monitor", allowed=(0, 3))

    def plan(self) -> str:
        """Plan from the store."""
        return self.run("plan")

    def export(self) -> str:
        """Write an extract to train on."""
        return self.run("export", "--out", str(self.new("extract")))

    def replay(self) -> str:
        """Compute some assessments again."""
        return self.run("replay", "--sample", "200", "--by", "soak")

    def back_up(self) -> str:
        """Copy the store as the documentation says."""
        url = self.environment["DATABASE_URL"].replace("postgresql+psycopg", "postgresql")
        command = [find_binary("pg_dump"), "--enable-row-security", "-Fc", "-d", url]
        options = {"PGOPTIONS": "-c kantelpunt.every_fund=yes"}
        return self.call([*command, "-f", str(self.new("dump"))], options)

    def release(self, move: Callable[[str], object], version: str) -> str:
        """Move the alias and wait until each worker serves that version."""
        move(version)
        until = time.monotonic() + MOST_FOLLOW_SECONDS
        while any(self._ask(worker)["model_version"] != version for worker in self.workers):
            if time.monotonic() > until:
                return f"version {version} is not served by all"
            time.sleep(0.5)
        return ""

    def _ask(self, worker: Worker) -> Mapping[str, str]:
        with urlopen(f"http://127.0.0.1:{worker.port}/readyz", timeout=30) as answer:
            return dict(json.load(answer))

    def import_file(self, path: Path) -> str:
        """Read a file by the command."""
        return self.run("import", str(path), "--fund", self.fund)

    def upload_file(self, path: Path, worker: Worker) -> str:
        """Send a file to a worker, and wait until it was read."""
        edge = uuid4().hex
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="cases.csv"\r\n'
        head += "Content-Type: text/csv\r\n\r\n"
        body = head.encode() + path.read_bytes() + f"\r\n--{edge}--\r\n".encode()
        headers = {
            "Authorization": self.authorization,
            "Content-Type": f"multipart/form-data; boundary={edge}",
        }
        address = f"http://127.0.0.1:{worker.port}/api/v1/imports"
        told = self._call(Request(address, body, headers))
        until, one = time.monotonic() + MOST_UPLOAD_SECONDS, f"{address}/{told['import_id']}"
        while told["status"] not in ("done", "failed"):
            if time.monotonic() > until:
                return "not read in time"
            time.sleep(1)
            told = self._call(Request(one, headers=headers))  # noqa: S310
        return "" if told["status"] == "done" else "the file was refused"

    def _call(self, request: Request) -> Mapping[str, str]:
        with urlopen(request, timeout=60) as answer:  # noqa: S310  # our own server
            return dict(json.load(answer))
