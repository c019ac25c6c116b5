"""How much memory a command holds, its worker processes included, from Linux' own figures."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
SECONDS = 0.1
_TOLD = ("PPid:", "VmRSS:", "Threads:")


@dataclass
class Held:
    """The most that was held at any moment that was looked at."""

    most_gib: float = 0.0


@contextmanager
def watch_resident(pid: int) -> Iterator[Held]:
    """Yield what a process and all that it started hold at most, looked at ten times a second.

    Resident memory, added up: a page that two processes share counts twice.
    """
    held = Held()

    def look() -> None:
        held.most_gib = max(held.most_gib, sum_resident(pid))

    with looking(look, SECONDS):
        yield held


@contextmanager
def looking(look: Callable[[], None], seconds: float) -> Iterator[None]:
    """Look every so many seconds, beside what happens meanwhile."""
    is_over = threading.Event()

    def go_on() -> None:
        while not is_over.wait(seconds):
            look()

    watcher = threading.Thread(target=go_on)
    watcher.start()
    try:
        yield
    finally:
        is_over.set()
        watcher.join()


def sum_resident(pid: int) -> float:
    """Return the GiB that a process and all that it started hold now."""
    facts = {one: found for one in _list_pids() if (found := read_status(one))}
    family, grown = {pid}, True
    while grown:
        children = {one for one, found in facts.items() if found["PPid"] in family}
        grown = not children <= family
        family |= children
    return sum(facts[one].get("VmRSS", 0) for one in family if one in facts) / 1024**2


def _list_pids() -> list[int]:
    return [int(path.name) for path in PROC.iterdir() if path.name.isdigit()]


def read_status(pid: int) -> dict[str, int]:
    """Return parent, resident KiB and threads of a process by Linux' names; nothing once ended."""
    try:
        lines = (PROC / str(pid) / "status").read_text().splitlines()
    except OSError:
        return {}
    named = (line.split(":", 1) for line in lines if line.startswith(_TOLD))
    return {name: int(value.split()[0]) for name, value in named}
