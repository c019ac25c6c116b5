"""How much memory a command holds, its worker processes included, from Linux' own figures."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
SECONDS = 0.1


@dataclass
class Held:
    """The most that was held at any moment that was looked at."""

    most_gib: float = 0.0


@contextmanager
def watch_resident(pid: int) -> Iterator[Held]:
    """Yield what a process and all that it started hold at most, looked at ten times a second.

    Resident memory, added up: a page that two processes share counts twice.
    """
    held, is_over = Held(), threading.Event()

    def look() -> None:
        while not is_over.wait(SECONDS):
            held.most_gib = max(held.most_gib, sum_resident(pid))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield held
    finally:
        is_over.set()
        watcher.join()


def sum_resident(pid: int) -> float:
    """Return the GiB that a process and all that it started hold now."""
    facts = {one: found for one in _list_pids() if (found := _read_status(one))}
    family, grown = {pid}, True
    while grown:
        children = {one for one, found in facts.items() if found["PPid"] in family}
        grown = not children <= family
        family |= children
    return sum(facts[one].get("VmRSS", 0) for one in family if one in facts) / 1024**2


def _list_pids() -> list[int]:
    return [int(path.name) for path in PROC.iterdir() if path.name.isdigit()]


def _read_status(pid: int) -> dict[str, int]:
    """Return the parent and the resident KiB of a process; nothing where it has ended."""
    try:
        lines = (PROC / str(pid) / "status").read_text().splitlines()
    except OSError:
        return {}
    named = (line.split(":", 1) for line in lines if line.startswith(("PPid:", "VmRSS:")))
    return {name: int(value.split()[0]) for name, value in named}
