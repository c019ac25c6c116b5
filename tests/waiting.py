"""Waiting for what another thread or process does, for tests."""

import time
from collections.abc import Callable

# for what takes moments: a machine of tests may be slow, busy, or stand still for a while
AGES = 600


def wait_until(has_come: Callable[[], bool], seconds: float = AGES) -> None:
    """Return once something has come; fail after so long, which only a fault can need."""
    until = time.monotonic() + seconds
    while not has_come():
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.005)
