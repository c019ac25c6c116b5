"""Counts of new absences as they really come: what is read, mended, set aside or refused."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from features.entries import read_entries
from features.errors import KantelpuntError
from features.rejects import TooManyRejectedError
from features.table_errors import TableError
from tests.entry_files import HEAD, MONTHS, list_kinds, list_rows, write


def test_counts_are_read_as_a_grid_of_regions_and_months(tmp_path: Path) -> None:
    path = write(tmp_path, [*list_rows("gent", 10), *list_rows("antwerpen", 100)])

    table = read_entries(path)

    assert table.regions == ("antwerpen", "gent")
    assert table.months == tuple(MONTHS)
    assert_array_equal(table.get_counts()[1], np.arange(10, 34))
    assert table.days[1] == 29  # February 2024
    assert not table.notes
    assert table.rejected.empty


def test_a_folder_with_one_file_of_entries_will_do(tmp_path: Path) -> None:
    write(tmp_path, list_rows())

    assert read_entries(tmp_path).regions == ("antwerpen",)


@pytest.mark.parametrize("month", ["2025-03", "2025-03-01", "03/2025", "31/03/2025", "202503"])
def test_a_month_may_be_written_in_several_ways(tmp_path: Path, month: str) -> None:
    path = write(tmp_path, [f"{month},gent,12"])

    table = read_entries(path)

    assert table.months == ("2025-03",)
    assert table.days.tolist() == [31]


def test_months_of_four_and_five_weeks_keep_their_length_and_their_name(tmp_path: Path) -> None:
    head = "period_started_on,period_ended_on,region,entered"
    spans = [
        ("2024-09-28", "2024-10-25"),
        ("2024-10-26", "2024-11-22"),
        ("2024-11-23", "2024-12-27"),
    ]
    path = write(tmp_path, [f"{start},{end},gent,40" for start, end in spans], head)

    table = read_entries(path)

    assert table.days.tolist() == [28, 28, 35]
    assert table.months == ("2024-10", "2024-11", "2024-12")


def test_a_hole_between_odd_periods_is_filled_with_periods_of_their_length(tmp_path: Path) -> None:
    head = "period_started_on,period_ended_on,region,entered"
    starts = [date(2025, 1, 1 + 7 * week) for week in (0, 1, 3)]
    rows = [f"{start},{date(2025, 1, start.day + 6)},gent,9" for start in starts]

    table = read_entries(write(tmp_path, rows, head))

    assert table.days.tolist() == [7, 7, 7, 7]
    assert_array_equal(table.get_counts()[0], [9, 9, np.nan, 9])
    assert list_kinds(table) == [("gap", "gent", "2025-01-15")]


def test_a_period_that_other_regions_do_not_have_is_set_aside(tmp_path: Path) -> None:
    head = "period_started_on,period_ended_on,region,entered"
    weeks = [(f"2025-01-{day:02}", f"2025-01-{day + 6:02}") for day in (6, 13, 20)]
    rows = [f"{s},{e},{region},9" for s, e in weeks for region in ("gent", "brugge", "aalst")]
    rows[0] = "2025-01-06,2025-01-11,gent,9"

    table = read_entries(write(tmp_path, rows, head), max_rejected_share=0.2)

    assert table.rejected["row"].tolist() == [1]
    assert "all regions need the same periods" in table.rejected["reason"][0]


def test_a_missing_month_is_a_gap_and_no_zero(tmp_path: Path) -> None:
    path = write(tmp_path, [row for row in list_rows() if "2025-03" not in row])

    table = read_entries(path)

    assert np.isnan(table.get_counts()[0, MONTHS.index("2025-03")])
    assert list_kinds(table) == [("gap", "antwerpen", "2025-03")]


def test_a_month_given_twice_alike_counts_once(tmp_path: Path) -> None:
    rows = list_rows()

    table = read_entries(write(tmp_path, [*rows, rows[3]]))

    assert list_kinds(table) == [("doubled", "antwerpen", "2024-04")]
    assert table.get_counts()[0, 3] == 103
    assert table.rejected.empty


def test_a_month_given_twice_with_other_counts_is_not_known(tmp_path: Path) -> None:
    path = write(tmp_path, [*list_rows(), "2024-04,antwerpen,7"])

    table = read_entries(path, max_rejected_share=0.1)

    assert ("doubled", "antwerpen", "2024-04") in list_kinds(table)
    assert ("gap", "antwerpen", "2024-04") in list_kinds(table)
    assert table.rejected["row"].tolist() == [4, 25]


def test_nothing_counts_that_was_not_known_on_the_day_asked_for(tmp_path: Path) -> None:
    rows = [f"{month},gent,100,60,30" for month in MONTHS]
    path = write(tmp_path, rows, f"{HEAD},off_1m,off_2m")

    table = read_entries(path, date(2025, 6, 15))

    assert table.months[-1] == "2025-05"
    assert np.flatnonzero(np.isnan(table.get_counts("off_1m")[0])).tolist() == [16]
    assert np.flatnonzero(np.isnan(table.get_counts("off_2m")[0])).tolist() == [15, 16]
    told = {note.kind: note.text for note in table.notes}
    assert told["future"].startswith("6 rows begin after 2025-06-15 and count")
    assert "not over" in told["unfinished"]


def test_a_date_in_another_century_makes_no_gap_of_decades(tmp_path: Path) -> None:
    path = write(tmp_path, [*list_rows(), "2052-01,antwerpen,100"])

    table = read_entries(path, max_rejected_share=0.1)

    assert table.months == tuple(MONTHS)
    assert "years away" in table.rejected["reason"][0]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("-3", "out of bounds"),
        ("12.5", "not a whole number"),
        ("<5", "not a number"),
        ("n.v.t.", "not a number"),
        ("", "missing"),
        ("1e300", "out of bounds"),
    ],
)
def test_what_is_no_count_is_set_aside_and_leaves_a_gap(
    tmp_path: Path, cell: str, reason: str
) -> None:
    rows = list_rows()
    rows[5] = f"2024-06,antwerpen,{cell}"

    table = read_entries(write(tmp_path, rows), max_rejected_share=0.1)

    assert np.isnan(table.get_counts()[0, 5])
    assert table.rejected["row"].tolist() == [6]
    assert reason in table.rejected["reason"][0]
    assert cell not in ("<5", "n.v.t.") or cell not in table.rejected["reason"][0]


def test_too_many_bad_rows_are_refused_with_what_is_wrong_most(tmp_path: Path) -> None:
    path = write(tmp_path, [*list_rows()[:-2], "2025-11,gent,?", "2025-12,gent,?"])

    with pytest.raises(TooManyRejectedError, match=r"2 of 24 rows .*not a number"):
        read_entries(path)


def test_more_still_off_than_before_is_not_known_and_said(tmp_path: Path) -> None:
    rows = [f"{month},gent,100,60,30" for month in MONTHS]
    rows[2] = "2024-03,gent,100,20,30"
    path = write(tmp_path, rows, f"{HEAD},off_1m,off_2m")

    table = read_entries(path)

    assert np.isnan(table.get_counts("off_1m")[0, 2])
    assert np.isnan(table.get_counts("off_2m")[0, 2])
    assert table.get_counts()[0, 2] == 100
    assert table.rejected.iloc[0].tolist()[:3] == ["entries", 3, "off_2m"]


def test_thousands_with_a_point_are_refused_before_they_become_ones(tmp_path: Path) -> None:
    path = write(tmp_path, ["2025-01,gent,1.000", "2025-02,gent,950"])

    with pytest.raises(TableError, match=r"entered has numbers with a point .* for thousands"):
        read_entries(path)


def test_whole_numbers_with_decimals_of_zero_are_read_as_they_are(tmp_path: Path) -> None:
    path = write(tmp_path, ["2025-01,gent,12.000", "2025-02,gent,9.000"])

    assert read_entries(path).get_counts()[0].tolist() == [12, 9]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_letters_survive_the_encodings_of_spreadsheets(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path, list_rows("Liège"), encoding=encoding)

    assert read_entries(path).regions == ("Liège",)


def test_one_region_in_two_spellings_is_one_region(tmp_path: Path) -> None:
    rows = list_rows("Gent")
    rows[4] = "2024-05,GENT ,104"

    table = read_entries(write(tmp_path, rows))

    assert table.regions == ("Gent",)
    assert list_kinds(table) == [("spelling", "GENT", "")]


def test_a_region_in_another_group_for_a_month_keeps_its_usual_one(tmp_path: Path) -> None:
    rows = [f"{row},vlaanderen" for row in list_rows()]
    rows[7] = rows[7].replace("vlaanderen", "brussel")
    path = write(tmp_path, rows, f"{HEAD},group")

    table = read_entries(path)

    assert table.groups == ("vlaanderen",)
    assert list_kinds(table) == [("other_group", "antwerpen", "2024-08")]


@pytest.mark.parametrize(
    ("head", "rows", "told"),
    [
        ("", [], "is empty"),
        (HEAD, [], "has no rows below its header"),
        ("2024-01,gent,3", ["2024-02,gent,3"], "begin it with a line of column names"),
        ("month,regio,entered", ["2024-01,gent,3"], "lacks 1 column: region"),
        (f"{HEAD},of_1m", ["2024-01,gent,3,2"], "a column beside those of entries"),
        (f"{HEAD},insz", ["2024-01,gent,3,2"], "may never enter"),
        ("period_started_on,region,entered", ["2024-01-01,gent,3"], "period_ended_on"),
        (HEAD, ['2024-01,"gent,3'], "quotation mark is not closed"),
    ],
)
def test_a_file_that_is_no_table_of_entries_is_refused_with_what_to_do(
    tmp_path: Path, head: str, rows: list[str], told: str
) -> None:
    path = write(tmp_path, rows, head)

    with pytest.raises(KantelpuntError, match=told) as refused:
        read_entries(path)

    assert "gent" not in str(refused.value)


def test_parquet_is_read_as_it_is_written_by_synth(tmp_path: Path) -> None:
    months = pd.to_datetime([f"{month}-01" for month in MONTHS])
    frame = pd.DataFrame({"month": months, "region": "gent", "entered": 5.0, "off_1m": np.nan})
    frame.to_parquet(tmp_path / "entries.parquet", index=False)

    table = read_entries(tmp_path)

    assert table.months == tuple(MONTHS)
    assert table.get_counts()[0].tolist() == [5.0] * 24
    assert np.isnan(table.get_counts("off_1m")).all()
