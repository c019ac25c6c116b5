"""What each worker holds during the soak, looked at every some seconds from Linux' own figures."""

import csv
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from benchmarks.resident import PROC, looking, read_status

_ESTABLISHED = "01"


@dataclass(frozen=True)
class Sample:
    """What one worker holds at one moment; `minute` since the soak began."""

    minute: float
    worker: int
    rss_mib: float
    files: int
    threads: int
    connections: int  # with the store
    cpu_seconds: float


@contextmanager
def watch_workers(pids: Sequence[int], port: int, seconds: float) -> Iterator[list[Sample]]:
    """Yield the samples as they come; `port` is that of the store."""
    found, began = list[Sample](), time.monotonic()

    def look() -> None:
        minute = (time.monotonic() - began) / 60
        found.extend(_look(minute, worker, pid, port) for worker, pid in enumerate(pids))

    with looking(look, seconds):
        yield found


def _look(minute: float, worker: int, pid: int, port: int) -> Sample:
    own, told = PROC / str(pid), read_status(pid)
    links = [_follow(link) for link in (own / "fd").iterdir()]
    sockets = _list_sockets(own, port)
    connections = sum(link in sockets for link in links)
    ticks = map(int, (own / "stat").read_text().rpartition(")")[2].split()[11:13])
    cpu = sum(ticks) / os.sysconf("SC_CLK_TCK")
    return Sample(
        minute, worker, told["VmRSS"] / 1024, len(links), told["Threads"], connections, cpu
    )


def _follow(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:  # closed since it was listed
        return ""


def _list_sockets(own: Path, port: int) -> set[str]:
    """Return the open sockets to a port, as the files of a process name them."""
    lines = [line.split() for line in (own / "net" / "tcp").read_text().splitlines()[1:]]
    return {
        f"socket:[{words[9]}]"
        for words in lines
        if words[3] == _ESTABLISHED and int(words[2].partition(":")[2], 16) == port
    }


def write_samples(samples: Sequence[Sample], path: Path) -> None:
    """Keep the samples for whoever wants to draw them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as opened:
        rows = csv.writer(opened)
        rows.writerow(one.name for one in fields(Sample))
        rows.writerows([round(value, 3) for value in vars(one).values()] for one in samples)
