"""Tells how far a command is: a bar on a terminal, plain lines elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

Step = Callable[[str], None]
Count = Callable[[int], None]
PLAIN_EVERY = 100_000


def tell_steps() -> Step:
    """Return a function that says in a line which step begins, and after how many seconds."""
    console, began = Console(stderr=True), time.monotonic()

    def say(text: str) -> None:
        seconds = time.monotonic() - began
        console.print(f"[{seconds:6.1f} s] {text}", markup=False, highlight=False)

    return say


@contextmanager
def show_steps(total: int) -> Iterator[Step]:
    """Yield a function to call at the start of each of `total` steps."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield tell_steps()
        return
    with _bar(console) as bar:
        task = bar.add_task("", total=total, completed=-1)  # a step that begins is not done
        yield lambda text: bar.update(task, description=text, advance=1)
        bar.update(task, completed=total)


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
