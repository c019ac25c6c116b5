"""Regions that get another name, or become part of another: mended by regions.csv."""

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from features.entries import read_entries
from features.errors import KantelpuntError
from tests.entry_files import MONTHS, list_kinds, list_rows, write


def test_a_renamed_region_is_one_series_with_regions_csv(tmp_path: Path) -> None:
    write(tmp_path, [*list_rows("oud", 50, MONTHS[:10]), *list_rows("nieuw", 60, MONTHS[10:])])
    (tmp_path / "regions.csv").write_text("region,becomes,from\noud,nieuw,2024-11\n")

    table = read_entries(tmp_path)

    assert table.regions == ("nieuw",)
    assert_array_equal(table.get_counts()[0], np.arange(50, 74))
    assert list_kinds(table) == [("mended", "oud", "2024-11")]


def test_merged_regions_are_added_up_where_both_are_known(tmp_path: Path) -> None:
    early = [*list_rows("a", 10, MONTHS[:10]), *list_rows("b", 200, MONTHS[:9])]
    write(tmp_path, [*early, *list_rows("b", 300, MONTHS[10:])])
    (tmp_path / "regions.csv").write_text("region;becomes;from\na;b;2024-11\n")

    table = read_entries(tmp_path)

    assert table.regions == ("b",)
    assert table.get_counts()[0, :2].tolist() == [210, 212]
    assert np.isnan(table.get_counts()[0, 9])
    assert table.get_counts()[0, 10] == 300


def test_a_chain_of_names_ends_at_the_last_one(tmp_path: Path) -> None:
    names = [("a", MONTHS[:8]), ("b", MONTHS[8:16]), ("c", MONTHS[16:])]
    write(tmp_path, [row for name, months in names for row in list_rows(name, 30, months)])
    (tmp_path / "regions.csv").write_text("region,becomes,from\nb,c,2025-05\na,b,2024-09\n")

    table = read_entries(tmp_path)

    assert table.regions == ("c",)
    assert not np.isnan(table.get_counts()).any()


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("region,becomes\na,b\n", "lacks 1 column: from"),
        ("region,becomes,from\na,b,ooit\n", "row 1 below the header"),
        ("region,becomes,from\na,a,2024-05\n", "row 1 below the header"),
        ("region,becomes,from\na,b,2024-05\nb,a,2024-06\n", "becomes itself again"),
        ("", "is empty"),
    ],
)
def test_a_regions_csv_that_says_nothing_useful_is_refused(
    tmp_path: Path, lines: str, told: str
) -> None:
    write(tmp_path, list_rows("a"))
    (tmp_path / "regions.csv").write_text(lines)

    with pytest.raises(KantelpuntError, match=told):
        read_entries(tmp_path)
