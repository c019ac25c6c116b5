"""Runs of scoring that tests break off, and look at afterwards."""

from dataclasses import dataclass

import pytest

from models.suggestion import read_limits
from training.score_file import score_file
from training.score_join import Job

ROWS = 300  # of a part
LIMITS = read_limits()


class StopError(Exception):
    """What ends a run in the middle, here."""


def break_off(job: Job, after: int) -> None:
    """Score a file up to so many rows, and no further."""
    done = 0

    def count(rows: int) -> None:
        nonlocal done
        done += rows
        if done >= after:
            raise StopError

    with pytest.raises(StopError):
        score_file(job, report=count)


@dataclass
class Spy:
    """Counts the parts that are made."""

    made: int = 0


def list_left(job: Job) -> list[str]:
    return sorted(path.name for path in job.out.parent.iterdir() if path != job.cases)
