"""Who is compared with whom in the target trial, as a table to read.

Days are counted from the screening; the drawn day is 40 for everybody.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.tables import Extract
from features.trial import build_trial
from tests.spec.test_outcomes import at, make_extract, read_rows

STARTS_ON = 40

# one person started support on day 40; may this other one be compared with that start?
COMPARISONS = """
    work periods | followed until | exit      | support | row of the other
                 | 500            |           |         | comparison
    100-         | 500            |           |         | comparison
    41-          | 500            |           |         | comparison
    40-          | 500            |           |         | none
    10-          | 500            |           |         | none
    10-15        | 500            |           |         | comparison
    10-40        | 500            |           |         | none
                 | 39             |           |         | none
                 | 40             |           |         | comparison
                 | 500            | 30 death  |         | none
                 | 500            | 60 death  |         | comparison
                 | 500            |           | 40      | start
                 | 500            |           | 39      | start
                 | 500            |           | 90      | start
                 | 500            |           | -10     | none
    20-          | 500            |           | 39      | none
"""


@pytest.mark.parametrize(("work", "until", "exit_", "support", "row"), read_rows(COMPARISONS))
def test_who_may_be_compared_with_a_start(
    work: str, until: str, exit_: str, support: str, row: str
) -> None:
    other = make_extract(work, until=int(until), exit_=exit_, support=support)
    first = make_extract("", until=500, support=str(STARTS_ON))

    trial = build_trial(join(first, other), seed=1)

    found = trial.supported[trial.person == 1]
    names = {"comparison": 0.0, "start": 1.0}
    assert names.get(row) in found if row in names else len(found) == 0


def test_the_outcome_counts_from_the_start_of_support() -> None:
    extract = whole(make_extract("200-", until=600, support="60"))

    trial = build_trial(extract, seed=1)

    assert trial.day.tolist() == [60]
    assert trial.returned.tolist() == [1]
    assert trial.known_days.tolist() == [200 - 60 + 29]


def test_support_that_starts_later_is_ignored_in_the_comparison() -> None:
    first = make_extract("", until=500, support="40")
    late = make_extract("200-", until=500, support="90")

    trials = [build_trial(join(first, late), seed=seed) for seed in range(8)]

    rows = [t.returned[(t.person == 1) & (t.supported == 0)].tolist() for t in trials]
    assert [1.0] in rows
    assert all(row in ([], [1.0]) for row in rows)


def test_without_any_start_there_is_no_trial() -> None:
    assert len(build_trial(whole(make_extract("100-", until=500)), seed=1)) == 0


def test_what_is_not_known_yet_makes_no_row() -> None:
    extract = whole(make_extract("", until=500, support="60"))
    before = extract.cases["screened_on"].iloc[0] + pd.Timedelta(days=59)

    assert len(build_trial(extract, seed=1, as_of=before.date())) == 0


def whole(extract: Extract) -> Extract:
    """Return the extract with inputs, all of them missing."""
    empty = {field.name: np.nan for field in extract.contract.columns}
    return replace(extract, cases=extract.cases.assign(**empty))


def join(first: Extract, other: Extract) -> Extract:
    def rename(table: pd.DataFrame) -> pd.DataFrame:
        changes = {"case_id": "C2", "person_key": "P2"}
        return table.assign(**{k: v for k, v in changes.items() if k in table})

    tables = {}
    for name in ("cases", "pathways", "work_periods", "follow_up"):
        parts = [getattr(first, name), rename(getattr(other, name))]
        tables[name] = pd.concat([p for p in parts if len(p)] or parts[:1], ignore_index=True)
    tables["cases"] = tables["cases"].assign(absence_started_on=at([-90, -90]))
    return whole(replace(first, **tables))
