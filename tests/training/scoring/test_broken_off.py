"""Scoring a file that was broken off, changed, damaged or had no room."""

from dataclasses import replace

import pandas as pd
import pytest
from pyarrow import parquet

from features.table_errors import UnreadableTableError
from tests.full_disk import full_after
from tests.training.scoring.runs import LIMITS, Spy, StopError, break_off, list_left
from training.score_file import score_file
from training.score_join import Job
from training.score_parts import OtherRunError, OutputError, Parts


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


@pytest.mark.parametrize("how", ["a page of it", "its faults", "its faults gone"])
def test_a_part_whose_scores_or_faults_are_damaged_is_made_again(
    job: Job, spy: Spy, how: str
) -> None:
    frame = pd.read_parquet(job.cases)
    spoilt = frame["age_years"].mask(frame.index == 310, 999)
    frame.assign(age_years=spoilt).to_parquet(job.cases, index=False)
    score_file(job)
    expected = [job.out.read_bytes(), (job.out.parent / "rejected.csv").read_bytes()]
    break_off(job, 900)
    folder = job.out.with_name("out.parquet.parts")
    scores, faults = folder / "000001.arrow", folder / "000001.faults.arrow"
    if how == "a page of it":
        whole = scores.read_bytes()
        scores.write_bytes(whole[:1000] + b"\xff" * 9000 + whole[10000:])
    elif how == "its faults":
        faults.write_bytes(b"nothing")
    else:
        faults.unlink()
    spy.made = 0

    score_file(job)

    assert spy.made == 3
    assert [job.out.read_bytes(), (job.out.parent / "rejected.csv").read_bytes()] == expected


def test_a_file_of_somebody_else_among_the_parts_stays_and_stops_nothing(job: Job) -> None:
    break_off(job, 300)
    strange = job.out.with_name("out.parquet.parts") / ".DS_Store"
    strange.touch()

    assert score_file(job).rows == 1400

    assert list(strange.parent.iterdir()) == [strange]


@pytest.mark.parametrize("name", ["cases.parquet", "link.parquet", "cases.csv", "Follow_Up.csv"])
def test_a_result_never_takes_the_place_of_what_is_read(job: Job, name: str) -> None:
    before = job.cases.read_bytes()
    job.out.with_name("link.parquet").symlink_to(job.cases)

    with pytest.raises(OutputError, match="give another --out"):
        score_file(replace(job, out=job.out.with_name(name)))

    assert job.cases.read_bytes() == before
    assert not list(job.out.parent.glob("*.parts"))


def test_two_runs_do_not_write_the_same_result(job: Job) -> None:
    def begin_again(_: int) -> None:
        with pytest.raises(OtherRunError, match="a run that is still busy"):
            score_file(job)
        raise StopError

    with pytest.raises(StopError):
        score_file(job, report=begin_again)


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
