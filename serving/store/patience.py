"""How long whoever asked for an answer waits for the store, whatever the answer asks of it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# of the age of a request, with the time that it stood in line: a proxy gives up after 60 by itself,
# and a person before that
ANSWER_SECONDS = 20.0
_until: ContextVar[float | None] = ContextVar("until", default=None)


@contextmanager
def bounded_patience() -> Iterator[None]:
    """Have what follows wait no longer for the store than an answer may take, all together."""
    token = _until.set(None)
    try:
        begin_waiting()
        yield
    finally:
        _until.reset(token)


def begin_waiting() -> None:
    """Count from now on: whoever still sends what is asked does not wait for an answer yet."""
    _until.set(time.monotonic() + ANSWER_SECONDS)


@contextmanager
def endless_patience() -> Iterator[None]:
    """Have what follows take its time: reading a whole log is work, and not an outage."""
    token = _until.set(None)
    try:
        yield
    finally:
        _until.reset(token)


def find_seconds_left() -> float | None:
    """Return how much longer the store may take; None where nobody waits for an answer."""
    until = _until.get()
    return None if until is None else until - time.monotonic()


def is_out() -> bool:
    """Whether somebody waited for an answer, and does so no longer."""
    left = find_seconds_left()
    return left is not None and left <= 0
