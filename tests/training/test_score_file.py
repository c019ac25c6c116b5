"""Scoring a file in parts: any size, broken off and gone on with, by one process or by several."""

import errno
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pytest
from pyarrow import parquet

from features import raw_table
from features.rejects import TooManyRejectedError
from features.table_errors import EmptyTableError, MissingColumnError, UnreadableTableError
from features.tables import read_cases
from models.bundle import Bundle, read_bundle
from models.suggestion import read_limits
from tests.training.conftest import Road
from training import score_file as scoring
from training import score_workers as workers
from training.score import score_cases
from training.score_file import score_file
from training.score_join import Job, Repeats, find_all_repeats
from training.score_parts import OtherRunError, OutputError, Part, Parts
from training.tracking import fetch_bundle

ROWS = 300  # of a part
LIMITS = read_limits()


@pytest.fixture(autouse=True)
def in_small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw_table, "ROWS_AT_A_TIME", ROWS)


@pytest.fixture(scope="module")
def folder(road: Road) -> Path:
    return fetch_bundle("champion", road.config.registry, road.uri)[0]


@pytest.fixture(scope="module")
def bundle(folder: Path) -> Bundle:
    return workers.make_ready(read_bundle(folder, "1"))


@pytest.fixture
def job(
    road: Road, folder: Path, bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Job:
    """Return 1,400 good cases to score: five parts."""
    cases = tmp_path / "cases.parquet"
    road.extract.cases.head(1400).to_parquet(cases, index=False)
    monkeypatch.setattr(scoring, "make_ready", lambda ready: ready)
    return Job(cases, tmp_path / "out.parquet", bundle, folder, LIMITS)


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


@pytest.fixture
def spy(monkeypatch: pytest.MonkeyPatch) -> Spy:
    counted, make_part = Spy(), workers.make_part

    def make(*arguments: object) -> Part:
        counted.made += 1
        return make_part(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(scoring, "make_part", make)
    return counted


def list_left(job: Job) -> list[str]:
    return sorted(path.name for path in job.out.parent.iterdir() if path != job.cases)


def test_parts_make_the_file_that_one_piece_makes(job: Job) -> None:
    scored = score_file(job)

    cases = read_cases(job.cases, job.bundle.contract).cases
    (whole,) = score_cases(cases, job.bundle, LIMITS, threads=1)
    found = parquet.read_table(job.out)
    assert found.schema.equals(whole.schema)
    assert scored.rows == found.num_rows == 1400
    one, other = found.to_pandas(), whole.to_pandas()
    numbers = one.select_dtypes("number").columns
    pd.testing.assert_frame_equal(one[numbers], other[numbers], rtol=0, atol=1e-12)
    pd.testing.assert_frame_equal(one.drop(columns=numbers), other.drop(columns=numbers))
    assert list_left(job) == ["out.parquet"]


@pytest.mark.parametrize("name", ["out.parquet", "out.csv"])
def test_a_run_that_was_broken_off_goes_on_where_it_was(job: Job, spy: Spy, name: str) -> None:
    job = replace(job, out=job.out.with_name(name))
    score_file(job)
    expected = job.out.read_bytes()
    job.out.unlink()
    break_off(job, 700)
    spy.made = 0

    told: list[int] = []
    score_file(job, report=told.append)

    assert spy.made == 2
    assert sum(told) == 1400
    assert job.out.read_bytes() == expected
    assert list_left(job) == [name]


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


def test_cases_that_changed_since_are_refused_by_name(job: Job, spy: Spy) -> None:
    break_off(job, 700)
    pd.read_parquet(job.cases).iloc[::-1].to_parquet(job.cases, index=False)
    spy.made = 0

    with pytest.raises(OtherRunError, match="with other cases: give --restart"):
        score_file(job)

    assert spy.made == 0
    assert len(list(Parts(job.out, None).folder.glob("*.arrow"))) == 3  # type: ignore[arg-type]
    assert score_file(job, restart=True).rows == 1400
    assert spy.made == 5


def test_another_model_and_other_limits_are_refused_by_name(job: Job) -> None:
    break_off(job, 300)
    later = (replace(LIMITS[0], author="somebody else"), *LIMITS[1:])
    other = replace(job.bundle, digest="another", version="2")

    with pytest.raises(OtherRunError, match="with other limits: give"):
        score_file(replace(job, limits=later))
    with pytest.raises(OtherRunError, match="another version of the model and a version of"):
        score_file(replace(job, bundle=other))


def test_parts_of_nobody_knows_what_are_refused(job: Job) -> None:
    break_off(job, 300)
    (job.out.with_name("out.parquet.parts") / "manifest.json").write_text("{}")

    with pytest.raises(OtherRunError, match="a run that nothing can be told of"):
        score_file(job)


def test_cases_that_change_while_they_are_read_are_refused(job: Job) -> None:
    frame = pd.read_parquet(job.cases)

    def change(_: int) -> None:
        if not job.out.exists():
            frame.iloc[::-1].to_csv(job.cases.with_suffix(".csv"), index=False)

    frame.to_csv(job.cases.with_suffix(".csv"), index=False)

    with pytest.raises(UnreadableTableError, match="changed while it was read"):
        score_file(replace(job, cases=job.cases.with_suffix(".csv")), report=change)


def test_a_part_that_was_damaged_is_made_again(job: Job, spy: Spy) -> None:
    break_off(job, 900)
    part = job.out.with_name("out.parquet.parts") / "000001.arrow"
    part.write_bytes(part.read_bytes()[:1000])
    spy.made = 0

    score_file(job)

    assert spy.made == 3
    assert parquet.read_table(job.out).num_rows == 1400


def test_two_runs_do_not_write_the_same_result(job: Job) -> None:
    def begin_again(_: int) -> None:
        with pytest.raises(OtherRunError, match="a run that is still busy"):
            score_file(job)
        raise StopError

    with pytest.raises(StopError):
        score_file(job, report=begin_again)


@contextmanager
def full_after(size: int) -> Iterator[None]:
    """Let no file grow beyond so many bytes: what a full disk says, without filling one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_is_full_is_told_and_loses_nothing(job: Job, spy: Spy) -> None:
    job.out.write_text("earlier")
    with full_after(150_000), pytest.raises(OutputError) as failed:  # room for the parts alone
        score_file(job)
    made = spy.made

    again = score_file(job)

    assert "cannot be written (File too large): mend that and start again" in str(failed.value)
    assert made == spy.made == 5
    assert again.rows == 1400


def test_a_disk_without_room_for_one_part_leaves_nothing_behind(job: Job) -> None:
    job.out.write_text("earlier")

    with full_after(20_000), pytest.raises(OutputError, match="File too large"):
        score_file(job)

    assert list_left(job) == ["out.parquet"]
    assert job.out.read_text() == "earlier"


def spoil(cases: pd.DataFrame) -> pd.DataFrame:
    """Return cases with faults of every kind, some of them against a row of another part."""
    cases = cases.astype({"age_years": object, "screened_on": object})
    cases.loc[[3, 500], "age_years"] = 200
    cases.loc[1100, "age_years"] = "old"
    cases.loc[[4, 700], "screened_on"] = pd.Timestamp("2020-01-01")
    again = cases.iloc[[10, 3, 11]]  # the second was bad: its first good row is no repetition
    again = again.assign(age_years=[40, 40, 40])
    other = cases.iloc[[20]].assign(person_key="P-other")
    other["screened_on"] = other["screened_on"] + pd.Timedelta(days=40)
    return pd.concat([cases, again, other], ignore_index=True)


def test_bad_rows_are_set_aside_as_in_one_piece(job: Job) -> None:
    text = replace(job, cases=job.cases.with_suffix(".csv"), max_rejected=0.2)
    spoil(pd.read_parquet(job.cases)).to_csv(text.cases, index=False)
    whole = read_cases(
        text.cases,
        job.bundle.contract,
        max_rejected_share=0.2,
        rejected_to=job.out.with_name("whole"),
    )

    scored = score_file(text)

    found = parquet.read_table(text.out)
    assert found["case_id"].to_pylist() == whole.cases["case_id"].tolist()
    assert found["screened_on"].to_pylist() == whole.cases["screened_on"].dt.date.tolist()
    reports = [path / "rejected.csv" for path in (job.out.parent, job.out.with_name("whole"))]
    assert reports[0].read_text() == reports[1].read_text()
    assert scored.faults == len(whole.rejected)
    reasons = whole.rejected["reason"].str.cat(sep=" ")
    assert "duplicate key" in reasons
    assert "differs from an earlier row" in reasons


def test_too_many_bad_rows_are_refused_and_a_higher_limit_goes_on(job: Job, spy: Spy) -> None:
    text = replace(job, cases=job.cases.with_suffix(".csv"), max_rejected=0.001)
    spoil(pd.read_parquet(job.cases)).to_csv(text.cases, index=False)
    with pytest.raises(TooManyRejectedError) as alone:
        read_cases(
            text.cases,
            job.bundle.contract,
            max_rejected_share=0.001,
            rejected_to=job.out.parent,
        )

    with pytest.raises(TooManyRejectedError) as refused:
        score_file(text)
    made = spy.made

    assert str(refused.value) == str(alone.value)
    assert not text.out.exists()
    assert score_file(replace(text, max_rejected=0.2)).rows > 1300
    assert spy.made == made


def list_repeats(found: list[Repeats]) -> list[tuple[int, int, str]]:
    return sorted(
        (number, row, reason)
        for number, part in enumerate(found)
        for rows, _, reason in part
        for row in rows.tolist()
    )


def test_keys_are_compared_in_turns_where_they_are_many(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = pd.read_parquet(job.cases)
    pd.concat([cases, cases.iloc[[10, 600]]]).to_parquet(job.cases, index=False)
    seen: list[list[Part]] = []
    monkeypatch.setattr(scoring, "join_parts", lambda _, parts: seen.append(parts))
    monkeypatch.setattr(Parts, "remove", lambda _: None)
    score_file(job)
    (parts,) = seen

    at_once, in_turns = find_all_repeats(parts), find_all_repeats(parts, at_once=200)

    assert list_repeats(in_turns) == list_repeats(at_once)
    assert len(list_repeats(at_once)) == 2


def test_a_column_that_is_missing_is_told_before_anything_is_made(job: Job) -> None:
    pd.read_parquet(job.cases).drop(columns="age_years").to_parquet(job.cases, index=False)

    with pytest.raises(MissingColumnError, match="age_years"):
        score_file(job)

    assert list_left(job) == []


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_file_without_rows_is_refused(job: Job, suffix: str) -> None:
    empty = replace(job, cases=job.cases.with_suffix(suffix))
    nobody = pd.read_parquet(job.cases).head(0)
    if suffix == ".csv":
        nobody.to_csv(empty.cases, index=False)
    else:
        nobody.to_parquet(empty.cases, index=False)

    with pytest.raises(EmptyTableError, match="no rows below its header"):
        score_file(empty)
