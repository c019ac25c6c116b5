"""Scoring a file by several processes."""

import errno
import os
import signal
import subprocess
import sys
from dataclasses import replace

import pandas as pd
import pytest

from features import raw_table
from features.table_errors import UnreadableTableError
from tests.full_disk import full_after
from tests.training.scoring.runs import (
    LIMITS,
    ROWS,
    Spy,
    list_left,
)
from training import score_file as scoring
from training import score_workers as workers
from training.score_file import score_file
from training.score_join import Job
from training.score_parts import Parts

KILLED = """
import os, signal, sys
from pathlib import Path
from features import raw_table
from models.bundle import Bundle, read_bundle
from models.suggestion import read_limits
from training import score_file
from training.score_join import Job

def kill(rows):
    os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    raw_table.ROWS_AT_A_TIME, score_file.ROWS_WORTH_WORKERS = int(sys.argv[4]), 0
    cases, out, folder = map(Path, sys.argv[1:4])
    job = Job(cases, out, read_bundle(folder, "1"), folder, read_limits())
    score_file.score_file(job, processes=2, report=kill)
"""


def test_a_run_that_was_killed_loses_nothing_that_was_done(
    job: Job, spy: Spy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    words = [sys.executable, "-c", KILLED, job.cases, job.out, job.folder, ROWS]
    # pipes end only once the workers have ended too
    killed = subprocess.run([str(word) for word in words], capture_output=True, check=False)
    left = list(Parts(job.out, None).folder.glob("*.arrow"))  # type: ignore[arg-type]

    scored = score_file(job)

    assert killed.returncode == -signal.SIGKILL
    assert 1 <= len(left) <= 3
    assert spy.made == 5 - len(left)
    assert scored.rows == 1400
    assert list_left(job) == ["out.parquet"]


def test_workers_make_the_same_file_as_one_process(
    job: Job, spy: Spy, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = replace(job, cases=job.cases.with_suffix(".csv"), out=job.out.with_name("text.parquet"))
    pd.read_parquet(job.cases).to_csv(text.cases, index=False)
    text.cases.write_text(text.cases.read_text().replace("\n", "\nC-0,too few\n", 2))
    score_file(text)
    expected, spy.made = text.out.read_bytes(), 0
    monkeypatch.setattr(scoring, "ROWS_WORTH_WORKERS", 0)

    scored = score_file(text, processes=2)

    assert spy.made == 0  # all by the workers
    assert scored.faults == 2
    assert text.out.read_bytes() == expected


def test_a_worker_that_is_killed_is_told_and_loses_nothing(job: Job) -> None:
    crew = workers.Crew(1, workers.Setup(job.folder, "1", LIMITS))
    raw = next(raw_table.stream_parquet(job.cases))
    os.kill(crew.processes[0].pid or 0, signal.SIGKILL)

    with pytest.raises(workers.WorkerError, match="start again, it goes on where it was"):
        list(crew.give(raw, job.out)) + list(crew.finish())

    crew.close()


def test_a_fault_that_a_worker_meets_is_told_as_one_process_tells_it(job: Job) -> None:
    pd.read_parquet(job.cases).assign(pain=[[1]] * 1400).to_parquet(job.cases)
    with pytest.raises(UnreadableTableError) as alone:
        score_file(job)
    raw = next(raw_table.stream_parquet(job.cases))

    said = workers.try_part(raw, job.out, job.bundle, LIMITS)

    assert said == ("said", str(alone.value))
    assert list_left(job) == []


def test_a_worker_tells_of_a_disk_that_is_full_and_shows_no_value_of_a_fault_of_ours(
    job: Job,
) -> None:
    raw = next(raw_table.stream_parquet(job.cases))
    with full_after(20_000):
        disk = workers.try_part(raw, job.out, job.bundle, LIMITS)

    ours = workers.try_part(raw, job.out, replace(job.bundle, model=None), LIMITS)  # type: ignore[arg-type]

    assert disk == ("disk", (errno.EFBIG, "File too large"))
    assert ours == ("said", "a worker failed (AttributeError): see more with --threads 1")
