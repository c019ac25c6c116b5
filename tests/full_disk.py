"""What a full disk does, without filling one; for tests."""

import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest

import kantelpunt


@contextmanager
def full_after(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond so many bytes: the system refuses the rest."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    writes_no_bytecode = sys.dont_write_bytecode
    # what is imported meanwhile would be kept cut off, and break whoever imports it next
    sys.dont_write_bytecode = True
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        sys.dont_write_bytecode = writes_no_bytecode


def run_command(room: int, *words: str) -> int:
    """Return how a command ends where no file may grow beyond so many bytes."""
    argv = patch.object(sys, "argv", ["kantelpunt", *words])
    with argv, full_after(room), pytest.raises(SystemExit) as ended:
        kantelpunt.main()
    return int(str(ended.value.code))
