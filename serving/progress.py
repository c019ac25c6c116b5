"""Tells how far a command is: a moving line on a terminal, plain lines elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

PLAIN_EVERY = 10_000


@contextmanager
def show_count(label: str) -> Iterator[Callable[[int], None]]:
    """Yield a function to call with the number of cases that were done since the last call."""
    console = Console(stderr=True)
    so_far = 0
    if console.is_terminal:
        with console.status(label) as status:

            def move(done: int) -> None:
                nonlocal so_far
                so_far += done
                status.update(f"{label}: {so_far:,}")

            yield move
        return

    def say(done: int) -> None:
        nonlocal so_far
        before, so_far = so_far, so_far + done
        if so_far // PLAIN_EVERY > before // PLAIN_EVERY:
            console.print(f"{label}: {so_far:,}", markup=False)

    yield say


class Steps:
    """Says which step begins, and how long everything took so far."""

    def __init__(self) -> None:
        """Start the clock."""
        self._console = Console(stderr=True)
        self._started = time.monotonic()

    def say(self, text: str) -> None:
        """Say what begins now."""
        seconds = time.monotonic() - self._started
        self._console.print(f"[{seconds:5.1f} s] {text}", markup=False, highlight=False)
