"""Tells how far a command is: a bar on a terminal, plain lines elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

Step = Callable[[str], None]
Count = Callable[[int], None]
PLAIN_EVERY = 100_000
PLAIN_SECONDS = 20.0


class Steps:
    """Tells which step begins; within a step, how much of it is done."""

    def __init__(self, bar: Progress | None, total: int) -> None:
        """Show steps on a bar, or without one as lines."""
        self._bar, self._say, self._last = bar, tell_steps(), -PLAIN_SECONDS
        self._within: TaskID | None = None
        # a step that begins is not done
        self._task = bar.add_task("", total=total, completed=-1) if bar else None

    def __call__(self, text: str) -> None:
        """Begin a step."""
        if self._bar is None or self._task is None:
            self._say(text)
            return
        if self._within is not None:
            self._bar.remove_task(self._within)
            self._within = None
        self._bar.update(self._task, description=text, advance=1)

    def count(self, text: str, done: int, total: int | None) -> None:
        """Tell how far the step is: a second bar, or a line now and then."""
        if self._bar is None:
            if time.monotonic() - self._last >= PLAIN_SECONDS or done == total:
                self._last = time.monotonic()
                self._say(text)
            return
        if self._within is None:
            self._within = self._bar.add_task(text, total=total, completed=done)
        self._bar.update(self._within, description=text, completed=done)

    def end(self, total: int) -> None:
        """Fill the bar."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=total)


def tell_steps() -> Step:
    """Return a function that says in a line which step begins, and after how many seconds."""
    console, began = Console(stderr=True), time.monotonic()

    def say(text: str) -> None:
        seconds = time.monotonic() - began
        console.print(f"[{seconds:6.1f} s] {text}", markup=False, highlight=False)

    return say


@contextmanager
def show_steps(total: int) -> Iterator[Steps]:
    """Yield what to call at the start of each of `total` steps."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Steps(None, total)
        return
    with _bar(console) as bar:
        steps = Steps(bar, total)
        yield steps
        steps.end(total)


@contextmanager
def show_count(label: str, total: int | None = None) -> Iterator[Count]:
    """Yield a function to call with the number of rows that were done since the last call."""
    console = Console(stderr=True)
    if console.is_terminal:
        with _bar(console) as bar:
            task = bar.add_task(label, total=total)
            yield lambda done: bar.advance(task, done)
        return
    so_far = 0

    def say(done: int) -> None:
        nonlocal so_far
        before, so_far = so_far, so_far + done
        if so_far // PLAIN_EVERY > before // PLAIN_EVERY or so_far == total:
            of_all = f" of {total:,}" if total is not None else ""
            console.print(f"{label}: {so_far:,}{of_all}", markup=False)

    yield say


def _bar(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), console=console)
