from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.contract import default_contract
from features.rejects import TooManyRejectedError
from features.requests import check_case
from features.tables import read_cases
from models.suggestion import read_limits
from serving.intake_file import Intake
from serving.intake_rows import list_rows
from serving.permissions import Scope
from serving.store.assessments import count_assessments
from serving.store.cases import CaseFilter, list_cases
from serving.store.engine import EVERY_FUND, Store
from serving.store.imports import Imported
from tests.factories import make_extract_tables, write_extract
from tests.running_service import FUND, NOW, TODAY, get_bundle
from tests.serving.whole_import import import_cases


@pytest.fixture
def intake(store_url: str) -> Iterator[Intake]:
    with closing(Store(store_url)) as store:
        yield Intake(store, get_bundle(), read_limits(), NOW)


def count(intake: Intake) -> int:
    with intake.store.reading(EVERY_FUND) as connection:
        return count_assessments(connection)


def run(folder: Path, intake: Intake, **changes: float) -> Imported:
    where = folder if folder.is_dir() else folder.parent
    return import_cases(folder, intake, rejected_to=where, **changes)


def test_every_good_case_of_a_file_is_assessed_and_kept(intake: Intake, tmp_path: Path) -> None:
    write_extract(tmp_path, make_extract_tables(50))

    done = run(tmp_path / "cases.csv", intake)

    assert done == Imported(saved=50)
    assert count(intake) == 50


def test_a_second_import_of_the_same_file_changes_nothing(intake: Intake, tmp_path: Path) -> None:
    write_extract(tmp_path, make_extract_tables(20))
    run(tmp_path, intake)

    again = run(tmp_path, intake)

    assert again == Imported(known=20)
    assert count(intake) == 20


def test_a_corrected_case_is_assessed_anew(intake: Intake, tmp_path: Path) -> None:
    tables = make_extract_tables(5)
    write_extract(tmp_path / "first", tables)
    tables["cases"].loc[2, "age_years"] = 40 if tables["cases"].loc[2, "age_years"] != 40 else 41
    write_extract(tmp_path / "second", tables)
    run(tmp_path / "first", intake)

    done = run(tmp_path / "second", intake)

    assert done == Imported(saved=1, known=4)


def test_cases_of_other_funds_can_be_left_out(store_url: str, tmp_path: Path) -> None:
    tables = make_extract_tables(20)
    own = int((tables["cases"]["sickness_fund"] == FUND).sum())
    write_extract(tmp_path, tables)

    with closing(Store(store_url)) as store:
        done = run(tmp_path, Intake(store, get_bundle(), read_limits(), NOW, Scope(FUND)))

        assert done == Imported(saved=own, elsewhere=20 - own)


def test_a_case_screened_after_today_is_left_out(intake: Intake, tmp_path: Path) -> None:
    tables = make_extract_tables(4)
    later = pd.Series(pd.to_datetime([TODAY + timedelta(days=n) for n in (0, 1, 2, -1)]))
    tables["cases"]["screened_on"] = later.astype("datetime64[s]")
    tables["cases"]["absence_started_on"] = later.astype("datetime64[s]") - np.timedelta64(80, "D")
    write_extract(tmp_path, {"cases": tables["cases"]})

    done = run(tmp_path, intake)

    assert done == Imported(saved=2, untimely=2)


def test_a_case_from_before_the_first_limits_is_left_out(store_url: str, tmp_path: Path) -> None:
    write_extract(tmp_path, make_extract_tables(4))
    limits = tuple(one for one in read_limits() if one.valid_from > date(2027, 1, 1))

    with closing(Store(store_url)) as store:
        done = run(tmp_path, Intake(store, get_bundle(), limits, NOW))

    assert done == Imported(untimely=4)


def test_bad_rows_are_set_aside_with_a_reason_and_counted(intake: Intake, tmp_path: Path) -> None:
    tables = make_extract_tables(10, age_years=40)
    tables["cases"].loc[3, "age_years"] = 400
    write_extract(tmp_path, {"cases": tables["cases"]})

    done = run(tmp_path / "cases.csv", intake, max_rejected=0.2)

    rejected = (tmp_path / "rejected.csv").read_text()
    assert (done.saved, done.rejected) == (9, 1)
    assert "cases,4,age_years" in rejected
    assert "400" not in rejected


def test_a_file_that_is_mostly_bad_is_refused_whole(intake: Intake, tmp_path: Path) -> None:
    write_extract(tmp_path, {"cases": make_extract_tables(10, age_years=400)["cases"]})

    with pytest.raises(TooManyRejectedError):
        run(tmp_path, intake)

    assert count(intake) == 0


def test_rows_of_a_table_are_what_the_api_would_have_checked(tmp_path: Path) -> None:
    contract = default_contract()
    write_extract(tmp_path, make_extract_tables(30))

    rows = list(list_rows(read_cases(tmp_path, contract).cases, contract))

    as_sent = [
        {k: v.isoformat() if isinstance(v, date) else v for k, v in row.items()} for row in rows
    ]
    assert [check_case(case, contract) for case in as_sent] == rows


def test_an_imported_case_has_the_estimate_that_the_table_road_gives(
    intake: Intake, tmp_path: Path
) -> None:
    from features.matrix import build_matrix

    write_extract(tmp_path, make_extract_tables(30, sickness_fund=FUND))
    frame = read_cases(tmp_path, default_contract()).cases
    run(tmp_path, intake)

    with intake.store.reading(EVERY_FUND) as connection:
        listed = list_cases(connection, Scope(FUND), CaseFilter(), limit=100)

    expected = get_bundle().estimate_many(build_matrix(frame, default_contract())).usual.value
    by_case = dict(zip(frame["case_id"], expected, strict=True))
    assert len(listed) == 30
    assert all(abs(c.usual.value - by_case[c.case_id]) < 1e-12 for c in listed)
