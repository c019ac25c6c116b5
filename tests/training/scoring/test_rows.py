"""Scoring a file in parts is as scoring it in one piece, with bad rows too."""

from dataclasses import replace

import pandas as pd
import pytest
from pyarrow import parquet

from features.rejects import TooManyRejectedError
from features.table_errors import EmptyTableError, MissingColumnError
from features.tables import read_cases
from tests.training.scoring.runs import LIMITS, Spy, list_left
from training import score_file as scoring
from training.score import score_cases
from training.score_file import score_file
from training.score_join import Job, Repeats, find_all_repeats
from training.score_parts import Part, Parts


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
