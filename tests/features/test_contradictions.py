"""Labels that contradict follow-up: the row is set aside with a reason, and the rest is used."""

from pathlib import Path

import pandas as pd
import pytest

from features.tables import Extract, read_extract
from tests.factories import make_extract_tables, write_extract

DAY = pd.Timedelta(days=1)
Tables = dict[str, pd.DataFrame]


def read(folder: Path, tables: Tables) -> Extract:
    return read_extract(write_extract(folder, tables), max_rejected_share=1.0)


def with_exit(kind: str, days: int) -> Tables:
    """Return good tables in which the third person, back at work from day 40 to 400, left."""
    tables = make_extract_tables(10)
    follow_up = tables["follow_up"]
    follow_up.loc[2, "exit"] = kind
    follow_up.loc[2, "exited_on"] = tables["cases"].loc[2, "screened_on"] + days * DAY
    return tables


@pytest.mark.parametrize(
    ("died_after", "field"), [(30, "started_on"), (200, "ended_on")], ids=["begun", "going on"]
)
def test_work_after_death_is_set_aside(tmp_path: Path, died_after: int, field: str) -> None:
    extract = read(tmp_path, with_exit("death", died_after))

    found = extract.rejected.to_dict("records")
    reason = "after the day of death in follow_up: mend whichever of both is wrong"
    assert found == [{"table": "work_periods", "row": 2, "field": field, "reason": reason}]
    assert len(extract.work_periods) == 4
    assert len(extract.follow_up) == 10


def test_work_that_ends_on_the_day_of_death_is_no_contradiction(tmp_path: Path) -> None:
    extract = read(tmp_path, with_exit("death", 400))

    assert extract.rejected.empty


def test_who_is_pensioned_may_work(tmp_path: Path) -> None:
    extract = read(tmp_path, with_exit("pension", 30))

    assert extract.rejected.empty


def test_a_return_later_than_anybody_looked_is_set_aside(tmp_path: Path) -> None:
    tables = make_extract_tables(10)
    tables["follow_up"].loc[2, "observed_until"] = tables["cases"].loc[2, "screened_on"] + 39 * DAY

    extract = read(tmp_path, tables)

    [found] = extract.rejected.to_dict("records")
    assert (found["table"], found["row"], found["field"]) == ("work_periods", 2, "started_on")
    assert found["reason"].startswith("after observed_until")


@pytest.mark.parametrize("kind", ["death", "pension"])
def test_nobody_is_screened_after_death_or_pension(tmp_path: Path, kind: str) -> None:
    extract = read(tmp_path, with_exit(kind, -1))

    [found] = extract.rejected.query("table == 'follow_up'").to_dict("records")
    assert (found["row"], found["field"]) == (3, "exited_on")
    assert found["reason"].startswith("before a screening of the case")
    assert len(extract.follow_up) == 9
